/** How Chromium is started: safe, quiet, and without what monitoring does not need. */
import type { LaunchOptions } from 'puppeteer-core'

export interface ChromiumOptions {
  /** Path of the executable. */
  executable: string
  /** Own, empty folder that the caller removes. */
  profile: string
  /** Rules such as `MAP * 127.0.0.1:8080`, to serve real host names from elsewhere. */
  hostRules?: string
  /** Whether the sandbox must be off: Chromium refuses to run as root with it. */
  noSandbox: boolean
  /** Heap limit of one page's scripts, MB. */
  heapMb?: number
  acceptInsecureCerts?: boolean
}

/** Options for `puppeteer.launch`. Never `--single-process`: a second context would kill the browser. */
export function launchOptions(options: ChromiumOptions): LaunchOptions {
  const flags = [
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--mute-audio',
    '--no-first-run',
    '--no-default-browser-check',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-domain-reliability',
    '--disable-default-apps',
    '--disable-extensions',
    '--disable-sync',
    '--disable-breakpad',
    '--metrics-recording-only',
    '--no-pings',
    // An address is visited as written; a silent change to https would measure something else.
    '--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,SpareRendererForSitePerProcess,Translate,OptimizationHints,MediaRouter,AutofillServerCommunication,InterestFeedContentSuggestions',
    // A public page may not reach into a private network; Chromium's default leaves sockets out.
    '--enable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets',
    // What does not go through the relay does not go: WebRTC would send datagrams past it (new and old name).
    '--webrtc-ip-handling-policy=disable_non_proxied_udp',
    '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
    // By flag rather than by interception: no round trip to Node for each request.
    '--blink-settings=imagesEnabled=false',
    '--disable-remote-fonts',
    `--js-flags=--max-old-space-size=${options.heapMb ?? 512}`,
    ...(options.noSandbox ? ['--no-sandbox', '--disable-setuid-sandbox'] : []),
    ...(options.hostRules === undefined ? [] : [`--host-resolver-rules=${options.hostRules}`]),
  ]
  return {
    executablePath: options.executable,
    args: flags,
    headless: 'shell',
    // Over a pipe Chromium ends by itself when this process is killed.
    pipe: true,
    // The owner of the pool decides on shutdown; puppeteer's own handlers would leave Node running.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    userDataDir: options.profile,
    defaultViewport: { width: 1366, height: 900 },
    acceptInsecureCerts: options.acceptInsecureCerts ?? false,
    protocolTimeout: 30_000,
    timeout: 20_000,
  }
}
