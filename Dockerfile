# Builds the bundle with the locked dependencies, then copies nothing but the bundle into the image. The bundle is the
# same for every platform, so it is built without emulation.
FROM --platform=$BUILDPLATFORM node:26-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY packages/scim/package.json packages/scim/
COPY packages/check/package.json packages/check/
COPY packages/replica/package.json packages/replica/
COPY packages/server/package.json packages/server/
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build

FROM node:26-alpine
RUN mkdir /data && chown node:node /data
COPY --from=build /src/dist /app
USER node
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=3s --start-period=5s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8080}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# As `npm start` has it.
CMD ["node", "--max-semi-space-size=8", "/app/scimtool.mjs"]
