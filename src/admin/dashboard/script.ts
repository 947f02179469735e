/**
 * What the dashboard runs in the browser. It reads `/v1/status` and `/v1/events` as any client does, and only shows.
 * All that comes from the network goes in by `textContent`: a SIP server's words are never markup.
 */
export const SCRIPT = `'use strict'
const PERIOD_MS = 2000
const EVENTS = 20
const byId = (id) => document.getElementById(id)
const list = (values, otherwise) => (values.length > 0 ? values.join(', ') : otherwise)

function element(tag, text, kind) {
  const made = document.createElement(tag)
  made.textContent = text
  if (kind !== undefined) made.className = kind
  return made
}

function table(headings, rows) {
  const made = element('table', '')
  const head = element('tr', '')
  head.append(...headings.map((text) => element('th', text)))
  made.append(head)
  for (const cells of rows) {
    const row = element('tr', '')
    row.append(...cells.map((cell) => element('td', cell.text ?? cell, cell.kind)))
    made.append(row)
  }
  return made
}

function targetRow([name, target]) {
  const measured = target.real === target.effective ? '' : ' (measured: ' + target.real + ')'
  return [
    name,
    { text: target.effective + measured, kind: 'is-' + target.effective },
    target.addresses.join(' '),
    target.since,
    list(target.why, ''),
  ]
}

function poolPart([name, pool]) {
  const part = element('section', '')
  part.append(element('h2', 'Pool ' + name + ' (' + pool.policy + ')'))
  for (const decision of pool.decisions) {
    const served = list(decision.active.map((member) => member.target), 'nothing')
    const view = pool.decisions.length > 1 ? ' by ' + decision.probes : ''
    const why = decision.why.length > 0 ? ': ' + decision.why.join('; ') : ''
    part.append(element('p', 'Serves ' + served + view + ', ' + decision.mode + why, 'mode-' + decision.mode))
  }
  const headings = ['target', 'verdict', 'addresses', 'since', 'why']
  part.append(table(headings, Object.entries(pool.targets).map(targetRow)))
  return part
}

function zonesPart(zones) {
  const part = element('section', '')
  part.append(element('h2', 'Zones'))
  const rows = Object.entries(zones).map(([name, zone]) => [name, String(zone.serial), String(zone.sets), zone.publish.join(', ')])
  part.append(table(['zone', 'serial', 'record sets', 'published by'], rows))
  return part
}

function providersPart(providers) {
  const part = element('section', '')
  part.append(element('h2', 'Providers'))
  const rows = Object.entries(providers).map(([name, provider]) => [
    name,
    provider.kind,
    provider.state,
    provider.failure === undefined ? (provider.held ?? '') : provider.failure.message,
  ])
  part.append(table(['provider', 'kind', 'state', 'trouble'], rows))
  return part
}

function eventsPart(events) {
  const part = element('section', '')
  part.append(element('h2', 'Last events'))
  const rows = [...events].reverse().map((event) => [
    new Date(event.atMs).toISOString(),
    event.type,
    event.target ?? event.pool ?? event.zone ?? event.hook ?? '',
    list(event.why ?? [], event.detail ?? ''),
  ])
  part.append(table(['time', 'event', 'of', 'why'], rows))
  return part
}

function show(status, events) {
  const state = status.ready ? 'ready' : 'not ready: ' + status.notReady.join('; ')
  document.title = status.node + ': sipvane'
  byId('state').textContent = status.node + ': sipvane ' + status.version + ', ' + state + ', since ' + status.started
  byId('trouble').textContent = status.blind ? 'Nothing answers: our own network is the likely fault; answers are frozen.' : ''
  const parts = Object.entries(status.pools).map(poolPart)
  if (Object.keys(status.zones).length > 0) parts.push(zonesPart(status.zones))
  if (Object.keys(status.providers).length > 0) parts.push(providersPart(status.providers))
  parts.push(eventsPart(events))
  byId('parts').replaceChildren(...parts)
}

async function read(path) {
  const token = sessionStorage.getItem('token')
  const headers = token === null ? {} : { authorization: 'Bearer ' + token }
  const response = await fetch(path, { headers, cache: 'no-store' })
  byId('sign-in').hidden = response.status !== 401
  if (!response.ok) throw new Error(response.status === 401 ? 'a token is required' : 'answered ' + response.status)
  return response.json()
}

async function refresh() {
  try {
    const status = await read('/v1/status')
    const { events } = await read('/v1/events?limit=' + EVENTS)
    show(status, events)
  } catch (error) {
    // What is shown is old from here on: say so rather than look well.
    byId('trouble').textContent = 'No news from this instance: ' + error.message
  }
}

async function again() {
  await refresh()
  setTimeout(again, PERIOD_MS)
}

byId('sign-in').addEventListener('submit', (submitted) => {
  submitted.preventDefault()
  sessionStorage.setItem('token', byId('token').value)
  byId('token').value = ''
  void refresh()
})
void again()
`
