import { dashboardRoutes } from './dashboard.ts'
import { eventRoutes } from './events.ts'
import { healthRoutes } from './health.ts'
import { lbRoutes } from './lb.ts'
import { metricsRoutes } from './metrics.ts'
import { overrideRoutes } from './override.ts'
import { reloadRoutes } from './reload.ts'
import { reportRoutes } from './report.ts'
import type { Routes } from './route.ts'
import { statusRoutes } from './status.ts'

export const routes: readonly Routes[] = [
  healthRoutes,
  lbRoutes,
  statusRoutes,
  eventRoutes,
  metricsRoutes,
  overrideRoutes,
  reportRoutes,
  reloadRoutes,
  dashboardRoutes,
]
