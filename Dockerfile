# Our daemons and command line tools; docker-compose.yml says which one runs.
FROM node:20.19-bookworm-slim AS build
WORKDIR /tidepool
COPY . .
RUN npx -y pnpm@12.21.0 install --frozen-lockfile && npx -y pnpm@12.21.0 run build

FROM node:20.19-bookworm-slim
ENV NODE_ENV=production
WORKDIR /tidepool
COPY --from=build /tidepool /tidepool
ENTRYPOINT ["node"]
CMD ["packages/auctioneer/dist/main.js", "--help"]
