# Builds the bundle with the locked dependencies, then copies nothing but the bundle into the image. The bundle is the
# same for every platform, so it is built without emulation. The digests are those of the images for all platforms:
# `docker buildx imagetools inspect node:26.10.0-alpine` shows the digest of another version.
FROM --platform=$BUILDPLATFORM node:26.10.0-bookworm-slim@sha256:662933cf47f013bc8e4beb31a6116448427a82057ba7c42c97e4c5ba766504c2 AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY packages/scim/package.json packages/scim/
COPY packages/check/package.json packages/check/
COPY packages/replica/package.json packages/replica/
COPY packages/server/package.json packages/server/
COPY packages/web/package.json packages/web/
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build

FROM node:26.10.0-alpine@sha256:0b36e8c136b94cd4fcf02188228e76c31ad5872eef3fec8cbd2eee500cfd9e80
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
