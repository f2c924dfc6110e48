# The bundled program alone: no package manager, no sources, and no shell is needed. Runs as any non-root user on a read-only root filesystem.
FROM node:24-slim AS build
WORKDIR /src
# The lock file first: dependencies are installed anew only when they change.
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY src src
RUN npm run build

FROM node:24-slim
# Only node itself is needed.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn*
LABEL org.opencontainers.image.title="resource-scaling-group" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
COPY LICENSE package.json ./
COPY --from=build /src/dist dist
ENV NODE_ENV=production
USER 65532:65532
# Exec form: signals reach the program, which has no shell to go through.
ENTRYPOINT ["/usr/local/bin/node", "--enable-source-maps", "/app/dist/rsg.mjs"]
CMD ["--help"]
