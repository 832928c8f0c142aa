# Our daemons and command line tools; docker-compose.yml says which one runs.
FROM node:20.19-bookworm-slim AS build
WORKDIR /tidepool
COPY . .
RUN npx -y pnpm@12.21.0 install --frozen-lockfile && npx -y pnpm@12.21.0 run build

FROM node:20.19-bookworm-slim
ENV NODE_ENV=production
WORKDIR /tidepool
COPY --from=build /tidepool /tidepool
# A new volume on it belongs to a user who is not root; which user runs is for docker compose to say.
RUN install --directory --owner=node --group=node --mode=0700 /data
ENTRYPOINT ["node"]
CMD ["packages/auctioneer/dist/main.js", "--help"]
