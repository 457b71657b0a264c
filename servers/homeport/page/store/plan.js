// A planned fault in words, and as commands. The sentences need no knowledge of kinds, so that a list reads by itself.

import { counted, number } from "../render.js";
import { commandsFor, python, shell } from "./commands.js";

/** @type {Record<string, (value: any) => string>} */
const WORDS = {
	latency: ({ ms, jitter_ms }) => `Answers ${jitter_ms ? `${ms} to ${ms + jitter_ms}` : number(ms)} ms late`,
	bandwidth: ({ bytes_per_s }) => `Sends ${number(bytes_per_s)} bytes a second`,
	slice: ({ size }) => `Sends pieces of ${counted(size, "byte")}`,
	limit: ({ bytes, reset }) => `${reset ? "Resets" : "Closes"} after ${counted(bytes, "byte")}`,
	close: () => "Closes at once",
	reset: () => "Resets the connection",
	hang: () => "Never answers",
	refuse: ({ seconds }) => (seconds ? `Refuses connections for ${number(seconds)} s` : "Refuses connections"),
	garbage: ({ bytes }) => `Sends ${counted(bytes, "random byte")}`,
	corrupt: ({ rate }) => `Changes 1 in ${number(Math.max(1, Math.round(1 / rate)))} bytes`,
	reply: ({ code, enhanced, status, response_code, rcode, error, result }) =>
		`Replies ${[
			status,
			response_code && `[${response_code}]`,
			code,
			enhanced,
			rcode,
			error === undefined ? "" : `error ${error}`,
			result,
		]
			.filter((one) => one || one === 0)
			.join(" ")}`,
	answer: ({ text }) => `Answers “${text.trim()}”`,
	tls: (word) => `Fails the handshake (${word.replaceAll("_", " ")})`,
	frame: (word) => `Spoils the answer (${word.replaceAll("-", " ")})`,
	flood: ({ count }) => `Sends EXISTS ${counted(count, "time")}`,
	unsolicited: ({ text }) => `Sends “* ${text.trim()}” unasked`,
	capability: ({ text }) => `Announces “${text}”`,
	offset: ({ ms = 0, ppm = 0 }) =>
		[
			ms || !ppm ? `Tells a time ${number(Math.abs(ms))} ms ${ms < 0 ? "behind" : "ahead"}` : "Tells a time",
			ppm ? `that drifts by ${number(ppm)} ppm` : "",
		]
			.filter(Boolean)
			.join(" "),
	stratum: ({ number: stratum }) => `Claims stratum ${stratum}`,
	ttl: ({ seconds }) => `Answers with a TTL of ${number(seconds)} s`,
	drop: () => "Loses the datagram",
	duplicate: () => "Doubles the datagram",
	reorder: () => "Swaps the datagram with the next",
	truncate: ({ size }) => `Cuts the datagram to ${counted(size, "byte")}`,
};
const DATAGRAMS = new Set(["drop", "duplicate", "reorder", "truncate"]);
/** Kinds that act on commands only. */
const OF_COMMANDS = new Set(["reply", "frame", "flood", "unsolicited", "capability", "ttl", "offset", "stratum"]);
/** Parameters of which 0 is no default. */
const NUMBERS = new Set(["error", "rcode", "result", "number"]);

/** @param {Plan} plan */
export const kindOf = (plan) => Object.keys(plan.do)[0] ?? "";

/**
 * What a fault does, and to how many of what: "Replies 451 4.7.1 to the next 2 RCPT".
 * @param {Plan} plan
 */
export function sentence(plan) {
	const kind = kindOf(plan);
	const words = WORDS[kind]?.(plan.do[kind]) ?? kind;
	if (kind === "refuse") return words;
	const { verb, argument } = plan.match ?? {};
	const times = plan.times ?? 1;
	const commands = verb || argument || OF_COMMANDS.has(kind);
	const what = verb ?? (commands ? "command" : DATAGRAMS.has(kind) ? "datagram" : "connection");
	const some = verb || times < 2 ? what : `${what}s`;
	const which = times === 0 ? "every" : times === 1 ? "the next" : `the next ${number(times)}`;
	return `${words}${kind === "reply" ? " to" : DATAGRAMS.has(kind) ? ":" : ", for"} ${which} ${some}`;
}

/**
 * To whom it happens, apart from the service: "listener tls, from 192.0.2.0/24, 1 in 3".
 * @param {Plan} plan
 */
export function target(plan) {
	const { argument, peer, conn } = plan.match ?? {};
	const chance = plan.probability ?? 1;
	return [
		plan.listener ? `listener ${plan.listener}` : "every listener",
		argument && `with “${argument}”`,
		peer && `from ${peer}`,
		conn && `connection ${conn}`,
		plan.after ? `after the first ${number(plan.after)}` : "",
		chance < 1 && `1 in ${(1 / chance).toFixed(1).replace(/\.0$/, "")}, by the seed`,
		plan.direction && plan.direction !== "out" && (plan.direction === "in" ? "on what it receives" : "both ways"),
	]
		.filter(Boolean)
		.join(", ");
}

/**
 * The kind and its parameters as the command line has them.
 * @param {Plan} plan
 * @returns {string[]}
 */
export function spec(plan) {
	const kind = kindOf(plan);
	const value = plan.do[kind];
	if (typeof value === "string") return [kind, value];
	const given = Object.entries(value ?? {}).filter(
		([name, one]) =>
			one !== "" && one !== false && (one !== 0 || NUMBERS.has(name) || (kind === "offset" && name === "ms")),
	);
	return [kind, ...given.map(([name, one]) => `${name}=${one}`)];
}

/**
 * The plan without what is as usual.
 * @param {Plan} plan any object with the fields of a plan
 * @returns {Plan}
 */
export function planOf({ service, listener, match, do: what, after, times, probability, direction, optional }) {
	return {
		service,
		...(listener ? { listener } : {}),
		...(match && Object.keys(match).length ? { match } : {}),
		do: what,
		...(after ? { after } : {}),
		...(times !== undefined && times !== 1 ? { times } : {}),
		...(probability !== undefined && probability < 1 ? { probability } : {}),
		...(direction && direction !== "out" ? { direction } : {}),
		...(optional ? { optional } : {}),
	};
}

/**
 * @param {World} world
 * @param {Plan} plan
 * @returns {Commands}
 */
export function planCommands(world, plan) {
	const { service, match = {}, do: what, optional, ...rest } = planOf(plan);
	const options = Object.entries({ ...rest, ...match }).map(([name, value]) => `--${name} ${shell(value)}`);
	const kind = kindOf(plan);
	const { code, text, enhanced } = what.reply ?? {};
	const { verb, ...where } = match;
	const positional = [verb ? python(verb) : code === undefined ? "" : "None", code, text && python(text)];
	const named = { enhanced, ...where, ...rest, ...(optional ? { optional } : {}) };
	const value = Object.keys(what[kind] ?? {}).length ? python(what[kind]) : "True";
	const call = [
		...positional.filter((one) => one !== "" && one !== undefined),
		...(kind === "reply" ? [] : [`${kind}=${value}`]),
		...Object.entries(named)
			.filter(([, one]) => one !== undefined && one !== "")
			.map(([name, one]) => `${name}=${python(one)}`),
	];
	return commandsFor(world, "POST", "faults", {
		body: planOf(plan),
		homeport: ["fault add", service, ...spec(plan).map(shell), ...options, optional ? "--optional" : ""]
			.filter(Boolean)
			.join(" "),
		python: `homeport.${service}.fail(${call.join(", ")})`,
	});
}
