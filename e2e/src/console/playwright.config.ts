import { defineConfig } from '@playwright/test'
import { ensureBrowser } from './browser.ts'

/** The console in a real browser, against a real server, simulator and database. `npm test` runs it as a step of its own. */
export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  outputDir: '../../../test-results/console',
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 1, // a browser on a busy machine: what passes the second time only is named at the end of the run
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: [['list'], ['json', { outputFile: '../../../test-results/console.json' }]],
  use: {
    actionTimeout: 20_000,
    viewport: { width: 1440, height: 1000 },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin', // not the workspace's, so that a time in the wrong zone shows
    trace: 'off',
    launchOptions: {
      executablePath: ensureBrowser(),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
})
