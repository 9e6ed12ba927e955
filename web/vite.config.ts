import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/** Writes each text file of the build once more in gzip and brotli, so that no request pays for compression. */
const precompressed = (): Plugin => ({
  name: 'precompressed',
  apply: 'build',
  writeBundle({ dir = 'dist' }) {
    for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.(js|css|html|svg)$/.test(entry.name)) continue
      const file = join(entry.parentPath, entry.name)
      const bytes = readFileSync(file)
      writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }))
      writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }))
    }
  },
})

/** Modules of forms; a first page that loads them fails `bundle.test.ts`. */
const OF_FORMS =
  /@mantine\/form\/|react-number-format|\/components\/(NumberInput|TagsInput|MultiSelect|Textarea|PasswordInput|Switch|Radio)\/|\/src\/settings\//

export default defineConfig({
  plugins: [react(), precompressed()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    manifest: true,
    target: 'es2023',
    chunkSizeWarningLimit: 900, // KB; bundle.test.ts holds the first page to its budget
    rolldownOptions: {
      // what several pages share is one file: dozens of small ones cost the first page more in requests than they spare in bytes.
      // What only forms need is a second one, so that lists and the dashboard come without it.
      output: {
        codeSplitting: {
          groups: [
            { name: 'frame', tags: ['$initial'], priority: 3 },
            { name: 'shared', minShareCount: 6, test: (id) => !OF_FORMS.test(id), priority: 2 },
            { name: 'forms', minShareCount: 6, priority: 1 },
          ],
        },
      },
    },
    assetsInlineLimit: 0, // the content security policy takes fonts and images from our origin only, no data: addresses
  },
  // `npm run -w web dev` beside a running server: the pages from here, everything else from there.
  server: { proxy: { '^/(api|docs)/': { target: process.env.SERVER_URL ?? 'http://127.0.0.1:3000' } } },
})
