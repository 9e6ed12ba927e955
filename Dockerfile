# Fanfare in a container: the API, the console and the workers are one image; ROLE decides what a container does.
# The database is outside (DATABASE_URL): the embedded one is for machines without containers.

FROM node:26-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY server/package.json server/
COPY web/package.json web/
COPY simulator/package.json simulator/
COPY e2e/package.json e2e/
COPY client/package.json client/
COPY mcp/package.json mcp/
RUN npm ci --no-audit --no-fund
COPY . .
RUN npx vite build web && npm prune --omit=dev --no-audit --no-fund

FROM node:26-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 NODE_COMPILE_CACHE=/tmp/node-cache MALLOC_ARENA_MAX=1
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/server server
COPY --from=build /app/web/dist web/dist
COPY --from=build /app/client/src client/src
COPY --from=build /app/mcp mcp
COPY --from=build /app/package.json ./
# The documentation, which the server shows at /docs/.
COPY --from=build /app/*.md ./
COPY --from=build /app/docs docs
COPY --from=build /app/client/README.md client/
COPY --from=build /app/simulator/README.md simulator/
# Nothing is written but under /tmp: run it with a read-only root file system.
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then(a=>process.exit(a.ok?0:1),()=>process.exit(1))"]
CMD ["node", "--max-semi-space-size=8", "--max-old-space-size=512", "server/src/main.ts"]
