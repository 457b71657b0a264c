// Types of the page. Not served: they are for `tsc --checkJs` and for authors.

type App = import("./app.js").App;
type World = import("./store/world.js").World;

/** The element that `h(spec)` returns. */
type ElementOf<S extends string> = S extends `${infer T}.${string}` ? NamedElement<T> : NamedElement<S>;
type SvgTag = "svg" | "use" | "path" | "rect" | "line" | "text" | "g" | "polyline";
type NamedElement<T extends string> = T extends SvgTag
  ? SVGElement
  : T extends keyof HTMLElementTagNameMap
    ? HTMLElementTagNameMap[T]
    : HTMLElement;
type Child = Node | string | number | null | undefined | false | readonly Child[];
type Attributes = Record<string, unknown>;

/** An event of the journal (`GET .../events`); each type adds fields of its own. */
interface HpEvent {
  seq: number;
  time: string;
  world: string;
  service: string | null;
  listener: string | null;
  conn: string | null;
  peer: string | null;
  type: string;
  text?: string;
  size?: number;
  bytes?: string;
  id?: string;
  level?: Level;
  reference?: string;
  at?: FindingPlace | null;
  [field: string]: unknown;
}
type Level = "advice" | "should" | "must";
interface FindingPlace {
  seq: number;
  offset: number;
  length: number;
}
interface Finding {
  id: string;
  level: Level;
  reference: string;
  text: string;
  bytes?: string;
  shown: string;
  service: string;
  conn: string | null;
  peer: string | null;
  seq: number;
  time: string;
  /** Of EPP the clTRID, of syslog the log message. */
  transaction?: string | null;
  at?: FindingPlace | null;
}
interface Connection {
  id: string;
  service: string;
  listener: string;
  peer: string;
  local: string;
  opened: string;
  closed: string | null;
  reason: string | null;
  received: number;
  sent: number;
  findings: number;
  kept: "all" | "part";
  seq: number;
  commands?: string;
  levels?: Partial<Record<Level, number>>;
  [field: string]: unknown;
}
interface Talk {
  conn: string;
  connection: Connection;
  items: HpEvent[];
  messages: FramedMessage[];
}
interface FramedMessage {
  seq: number;
  time: string;
  direction: "in" | "out";
  text: string;
  verdict: Record<string, unknown> | null;
  [field: string]: unknown;
}
/** What a fault does, to whom and how often (`POST .../faults`). */
interface Plan {
  service: string;
  listener?: string | null;
  match?: { verb?: string; argument?: string; peer?: string; conn?: string };
  do: Record<string, any>;
  after?: number;
  times?: number;
  probability?: number;
  direction?: "out" | "in" | "both";
  optional?: boolean;
}
interface Fault extends Required<Plan> {
  id: string;
  since: number;
  seen: number;
  acted: number;
  spent: boolean;
  paused: boolean;
  last: { seq: number | null; conn: string | null; time: string } | null;
}
interface FaultKind {
  kind: string;
  text: string;
  listeners: string[];
  schema: Schema;
  example: Record<string, any>;
  commands: "never" | "can" | "always";
  direction: boolean;
}
interface FaultsOfService {
  service: string;
  listeners: Record<string, string[]>;
  verbs: Record<string, "none" | "optional" | "required">;
  kinds: FaultKind[];
}
interface FaultRecipe {
  name: string;
  title: string;
  text: string;
  plan: Plan;
  services: string[];
}
/** What falls due at a time of the world (`GET .../clock/timers`). */
interface DueAct {
  at: string;
  kind: string;
  object: string;
  what: string;
  text: string;
}
interface ClockState {
  now: string;
  real: string;
  offset_seconds: number;
  frozen: boolean;
  timers: number;
  next_timer: string | null;
  leap: "none" | "insert" | "delete";
  fired?: number;
  acts?: number;
  seq?: number;
}
interface Listener {
  transport: string;
  up: boolean;
  host: string;
  port: number;
  addresses: string[];
  /** True if TLS comes first. */
  secure?: boolean;
  counters: Record<string, number | Record<string, number>>;
}
interface Service {
  name: string;
  title: string;
  rfcs: string[];
  state: "running" | "stopped";
  abnormal: number;
  /** A command to paste. */
  try?: string;
  /** The number of faults that are planned for it. */
  faults?: number;
  listeners: Record<string, Listener>;
  [field: string]: unknown;
}
interface WorldSummary {
  name: string;
  services: string[];
  connections: number;
  findings?: Partial<Record<Level, number>>;
  [field: string]: unknown;
}
interface Person {
  login: string;
  name: string;
  home?: string;
  [field: string]: unknown;
}
interface PresenceState {
  id: string;
  login: string;
  terminal: string;
  origin: string;
  since: string;
  active: string;
  conn: string | null;
}
interface DnsZone {
  name: string;
  serial: number;
  changeable: boolean;
  servers: string[];
}
interface DnsRecords {
  name: string;
  type: string;
  ttl: number;
  data: string[];
}
/** An entry of the directory; attributes by name in lower case. */
interface DirectoryEntry {
  dn: string;
  attributes: Record<string, string[]>;
}
interface MailboxState {
  name: string;
  special_use: string | null;
  messages: number;
  unseen: number;
  size: number;
  uid_validity: number;
}
interface FileState {
  name: string;
  encoded?: string;
  kind: "file" | "directory" | "link";
  size: number;
  modified: string;
  mode: string;
  target?: string;
  writer?: { login: string | null; conn: string | null; seq: number; time: string };
}
interface Page<T> {
  items: T[];
  total: number;
  next: number | null;
}
interface Problem {
  title: string;
  status: number;
  detail: string;
  nearest?: string | null;
  problems?: string[];
  [field: string]: unknown;
}

/** A part of a JSON Schema, as the API's description has it. */
interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  examples?: unknown[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  pattern?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  unit?: string;
  /** True if its field may stand beside another one. */
  narrow?: boolean;
  [key: string]: unknown;
}

/** One command in three forms; a form that does not exist is left out. */
interface Commands {
  homeport?: string;
  curl?: string;
  python?: string;
}

/** Where the page is: `/#/w/<world>/<path...>?<query>`. */
interface Route {
  world: string;
  path: string[];
  query: URLSearchParams;
}

/** What a view is. Everything that it subscribes to takes `signal`, which is aborted when it leaves. */
interface View {
  /** Build the view in `main`, once. It ends in `update(route)`, or does the same. */
  mount(main: HTMLElement, route: Route, signal: AbortSignal): void | Promise<void>;
  /** Follow a change of the address within the view. */
  update?(route: Route): void | Promise<void>;
  /** Release what `signal` does not. */
  unmount?(): void;
  /** Names of the keys that the view handles, for the table of keys: [key, what it does]. */
  keys?: [string, string][];
  /** Handle a key outside of fields. Return true if it was used. */
  key?(event: KeyboardEvent): boolean;
  /** The same as a command, for `y` and "Copy as command". */
  commands?(): Commands;
}

/** A row of the table of views. */
interface ViewRow {
  /** Also the name of its module in views/, and of the function there that makes it. */
  name: string;
  /** The group in the rail; null for a view that is reached from another one. */
  group: "" | "Watch" | "World" | "Steer" | null;
  /** The symbol in icons.svg, without `i-`. */
  icon: string;
  title: string;
  /** The second key of `g x`. */
  goto?: string;
  /** The name of the view that the rail marks, if it is not this one. */
  under?: string;
  /** The style sheets of the view in style/. */
  style?: string[];
  /** True if it shows what is at a path; without this, it shows what is under its name. */
  match?(path: string[]): boolean;
  /** Show the number at the right of the rail, as long as `signal` lasts. */
  count?(world: World, show: (text: string, hot?: boolean) => void, signal: AbortSignal): void;
}

interface ToastOptions {
  text: string;
  /** The address or action of the link in the toast. */
  action?: { text: string; run: () => void };
  error?: unknown;
}

/** A moment, phase or grace of a domain (`GET registry/domains/{name}/timeline`). */
interface LifeMoment {
  at: string;
  what: string;
  text: string;
  by: string;
  phase: LifePhase;
  time: "past" | "now" | "projected";
  certain: boolean;
}
type LifePhase = "pendingCreate" | "registered" | "redemption" | "pendingRestore" | "pendingDelete" | "free";
interface LifeSpan {
  kind: LifePhase;
  begin: string;
  end: string | null;
}
interface PossibleAct {
  act: string;
  possible: boolean;
  reason: string | null;
  takes: string[];
  choices: string[];
}
interface Timeline {
  name: string;
  zone: string | null;
  periods: Record<string, number>;
  moments: LifeMoment[];
  phases: LifeSpan[];
  graces: LifeSpan[];
  after: { at: string; text: string; phase: LifePhase } | null;
  acts: PossibleAct[];
}
/** An object of the registry: a domain, host, contact or registrar, as the API has it. */
interface RegistryItem {
  name: string;
  id?: string;
  registrar: string;
  statuses: string[];
  nameservers: string[];
  attributes?: unknown[];
  expires: string;
  deleted?: string | null;
  restoring?: string | null;
  purging?: string | null;
  pending: string;
  transfer?: { status: string; gaining: string } | null;
  graces: { kind: string; ends: string }[];
  [field: string]: unknown;
}

/** A message in a list (`GET .../smtp/messages`). */
interface MailSummary {
  id: string;
  number: number;
  time: string;
  size: number;
  envelope: { from: string; to: string[] };
  from: string;
  to: string;
  subject: string;
  attachments: number;
  findings: { count: number; worst: Level | null };
  unread: boolean;
  snippet: string;
  mailboxes: string[];
  [field: string]: unknown;
}
/** A log message in a list (`GET .../syslog/messages`). */
interface LogSummary {
  id: string;
  number: number;
  time: string;
  listener: string;
  conn: string | null;
  peer: string;
  format: "rfc5424" | "bsd" | "cisco" | "unknown";
  severity: string | null;
  facility: string | null;
  timestamp: string | null;
  host: string | null;
  app: string | null;
  procid: string | null;
  msgid: string | null;
  text: string;
  size: number;
  findings: string[];
  worst: Level | null;
  [field: string]: any;
}
interface LogDetail {
  id: string;
  time: string;
  world_time: string;
  listener: string;
  conn: string | null;
  peer: string;
  framing: string;
  format: LogSummary["format"];
  pri: number | null;
  severity: string | null;
  facility: string | null;
  version: number | null;
  timestamp: string | null;
  moment: string | null;
  host: string | null;
  app: string | null;
  procid: string | null;
  msgid: string | null;
  structured_data: { id: string; parameters: { name: string; value: string }[] }[];
  message: string;
  size: number;
  bytes: string;
  findings: { id: string; level: Level; reference: string; text: string }[];
}
interface MailPart {
  section: string;
  part: string | null;
  content_type: string;
  charset: string;
  filename: string;
  content_id: string;
  disposition: string;
  encoding: string;
  attachment: boolean;
  size: number;
  body: number;
  complete: boolean;
  subject: string | null;
  children: MailPart[];
}
interface MailDetail {
  id: string;
  number: number;
  time: string;
  world_time: string;
  size: number;
  envelope: {
    from: string;
    to: { address: string }[];
    peer: string | null;
    tls: { version: string } | null;
    auth: string | null;
    [field: string]: unknown;
  };
  delivered_to: { mailbox: string }[];
  conn: string | null;
  headers: [string, string][];
  subject: string;
  text: string;
  html: string;
  links: string[];
  codes: string[];
  findings: Finding[];
  unread: boolean;
  tree: MailPart;
  remote: string[];
}

/** A rule, and what is known of the clients that broke it (`GET .../findings/rules`). */
interface BrokenRule {
  id: string;
  service: string;
  level: Level;
  reference: string;
  text: string;
  count: number;
  first: string | null;
  last: string | null;
  newest: Finding | null;
  clients: { host: string; count: number }[];
}

/** The traffic of a service: a value for each step of time (`GET .../stats`). */
interface Traffic {
  events: number[];
  findings: number[];
  [figure: string]: number[];
}
interface TrafficOf {
  begin: string;
  /** Seconds. */
  step: number;
  services: Record<string, Traffic>;
}
/** What a world is and holds (`GET .../facts`). */
interface Facts {
  now: string;
  seed: number;
  kept: boolean;
  journal: { oldest: number; seq: number; dropped: number; used: number; size: number };
  holds: Record<string, number>;
  findings: Partial<Record<Level, number>>;
}
