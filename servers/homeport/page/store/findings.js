// What is known of findings: rules, clients, and which of them were looked at.

import { h, number, wire } from "../render.js";

/** The rules that clients broke, with their numbers: one answer for the rail, the overview and the view. */
export const BROKEN = "findings/rules?broken=true";
export const WHEN = ["finding", "world"];
/** @type {readonly Level[]} */
export const LEVELS = ["must", "should", "advice"];

/**
 * Return a rule's text as a sentence: they begin in lower case.
 * @param {string} text
 */
export const sentence = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

/**
 * The bytes that broke a rule. What was ended by LF alone says so: the end is not among them.
 * @param {Finding} one
 */
export const sent = (one) => [one.shown ? wire(one.shown) : null, /\.bare-lf$/.test(one.id) && h("span.eol", {}, "LF")];

/**
 * Sort rules: the most severe first, then those that were broken most.
 * @param {readonly BrokenRule[]} rules
 */
export const worst = (rules) =>
	[...rules].sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level) || b.count - a.count);

/** @param {string | null} peer an address and its port */
export const hostOf = (peer) => (peer ?? "").replace(/:\d+$/, "").replace(/^\[|\]$/g, "");

/** @param {readonly BrokenRule[]} rules */
const newestMust = (rules) =>
	Math.max(0, ...rules.map((rule) => (rule.level === "must" ? (rule.newest?.seq ?? 0) : 0)));

/** @param {World} world */
const key = (world) => `homeport.seen.${world.name}.${world.epoch}`;

/**
 * Remember that findings were looked at: the number in the rail is red for newer ones only.
 * @param {World} world
 * @param {readonly BrokenRule[]} rules
 */
export const look = (world, rules) => sessionStorage.setItem(key(world), String(newestMust(rules)));

/**
 * Show the number of findings in the rail; hot if a client broke a rule of level must since the last look.
 * @param {World} world
 * @param {(text: string, hot?: boolean) => void} show
 * @param {AbortSignal} signal
 */
export function countFindings(world, show, signal) {
	world.watch(
		BROKEN,
		{ when: WHEN },
		(answer) => {
			if (!answer) return;
			const total = answer.items.reduce(
				(/** @type {number} */ sum, /** @type {BrokenRule} */ rule) => sum + rule.count,
				0,
			);
			const hot = newestMust(answer.items) > Number(sessionStorage.getItem(key(world)));
			show(total ? number(total) : "", hot);
		},
		signal,
	);
}

/** @typedef {{host: string, count: number, rules: {rule: BrokenRule, count: number}[]}} Client */

/**
 * Group by client. The rules of each are in the order of `rules`: the most severe first.
 * @param {readonly BrokenRule[]} rules
 * @returns {Client[]} those with most findings first
 */
export function byClient(rules) {
	/** @type {Map<string, Client>} */
	const clients = new Map();
	for (const rule of rules)
		for (const { host, count } of rule.clients) {
			const client = clients.get(host) ?? { host, count: 0, rules: [] };
			client.count += count;
			client.rules.push({ rule, count });
			clients.set(host, client);
		}
	return [...clients.values()].sort((a, b) => b.count - a.count);
}

/**
 * Return the rules as a filter leaves them: counted again, with the newest finding that matches, and its clients.
 * @param {readonly BrokenRule[]} rules
 * @param {{items: Finding[], counts: Record<string, number>}} found newest first
 * @returns {BrokenRule[]}
 */
export function narrowed(rules, found) {
	return rules
		.filter((rule) => found.counts[rule.id])
		.map((rule) => {
			const items = found.items.filter((one) => one.id === rule.id);
			const hosts = Map.groupBy(items, (one) => hostOf(one.peer));
			return {
				...rule,
				count: found.counts[rule.id] ?? 0,
				newest: items[0] ?? rule.newest,
				clients: [...hosts].map(([host, of]) => ({ host, count: of.length })),
			};
		});
}
