# Node and the bundled program, and nothing else: no shell, no package manager, no sources. Any non-root user, a read-only root filesystem.
# Another Node image, such as one of a registry of yours: --build-arg NODE_IMAGE=…; it needs node, npm and glibc.
ARG NODE_IMAGE=node:24-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
# The lock file first: dependencies are installed anew only when they change.
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json LICENSE README.md ./
COPY scripts scripts
COPY src src
RUN npm run build
# What the image holds, put together where there is a shell: node with the libraries that it is linked to, a user, and how names are looked up.
RUN node=$(command -v node) && mkdir -p /image/usr/local/bin /image/etc /image/app && cp -L "$node" /image/usr/local/bin/node \
 && ldd "$node" | grep -o '/[^ )]*' | sort -u | xargs -I{} cp -L --parents {} /image \
 && echo 'nonroot:x:65532:65532:nonroot:/:/sbin/nologin' > /image/etc/passwd && echo 'nonroot:x:65532:' > /image/etc/group \
 && echo 'hosts: files dns' > /image/etc/nsswitch.conf && cp -r dist/. /image/app/

FROM scratch
LABEL org.opencontainers.image.title="resource-scaling-group" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /image /
WORKDIR /app
ENV NODE_ENV=production
USER 65532:65532
# Exec form: signals reach the program itself.
ENTRYPOINT ["/usr/local/bin/node", "--enable-source-maps", "/app/rsg.mjs"]
CMD ["--help"]
