import { createHash } from 'node:crypto'
import { SCRIPT } from './script.ts'

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { margin: 1.5rem auto; max-width: 75rem; padding: 0 1rem }
h1 { font-size: 1.3rem } h2 { font-size: 1.1rem; margin: 1.5rem 0 .3rem }
table { border-collapse: collapse; width: 100%; display: block; overflow-x: auto }
th, td { text-align: left; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid #8884; vertical-align: top }
#trouble { color: #c00; font-weight: bold }
.is-up { color: #080 } .is-degraded, .is-drain { color: #b60 } .is-down { color: #c00 }
.mode-failover, .mode-last-resort, .mode-frozen { font-weight: bold }
@media (prefers-color-scheme: dark) { #trouble, .is-down { color: #f66 } .is-up { color: #6c6 } .is-degraded, .is-drain { color: #fb5 } }
`

/** Whole in one file: it has to work where there is no Internet, which is when it is needed. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>sipvane</title>
<style>${STYLE}</style>
</head>
<body>
<h1 id="state">sipvane</h1>
<p id="trouble" role="alert"></p>
<noscript><p>This page needs JavaScript; <code>sipvane status</code> shows the same.</p></noscript>
<form id="sign-in" hidden>
<label>Admin token <input id="token" type="password" autocomplete="current-password" required></label>
<button>Show</button>
</form>
<main id="parts"></main>
<script>${SCRIPT}</script>
</body>
</html>
`

/** Nothing but the page's own style and script, and nothing to talk to but this instance; no other site may frame it. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src ${hashOf(STYLE)}`,
  `script-src ${hashOf(SCRIPT)}`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** As a Content-Security-Policy names an inline text. */
function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
