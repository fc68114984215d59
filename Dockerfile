# One file, two images: `app` for engine and API, `scrapers` with a Chromium on top.
FROM node:24-bookworm-slim AS app
ENV NODE_ENV=production WEIR_NO_INSTALL=1
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev && npm cache clean --force
COPY weir streams.config.ts tsconfig.json LICENSE ./
COPY launch launch
COPY engine engine
COPY scrapers scrapers
COPY api api
USER node
ENTRYPOINT ["node", "weir"]
CMD ["help"]

FROM app AS scrapers
USER root
RUN apt-get update \
 && apt-get install -y --no-install-recommends chromium fonts-liberation \
 && rm -rf /var/lib/apt/lists/*
# Chromium's sandbox needs rights that the container is denied on purpose: no capability, no new privileges, a file
# system that cannot be written. The container is the sandbox. What Chromium keeps at home goes to /tmp.
ENV WEIR_CHROMIUM=/usr/bin/chromium WEIR_CHROMIUM_SANDBOX=off XDG_CONFIG_HOME=/tmp/.config XDG_CACHE_HOME=/tmp/.cache
USER node
