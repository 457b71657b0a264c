// Rows of the registry's lists.

import { span } from "../elements/life.js";
import { tag } from "../elements/parts.js";
import { h, wire } from "../render.js";

const DAY = 86_400;

/**
 * The cells of a row of a list.
 * @param {string} tab
 * @param {RegistryItem} one
 * @param {number} now
 * @param {Record<string, Record<string, number>>} periods by zone
 */
export function cellsOf(tab, one, now, periods) {
	const name = h("span.mono.name", { title: one.id ?? one.name }, wire(one.id ?? one.name));
	if (tab === "domains") {
		const zone = Object.keys(periods)
			.filter((each) => one.name.endsWith(`.${each}`))
			.sort((a, b) => b.length - a.length)[0];
		const [text, tone] = stateOf(one, now, periods[zone ?? ""]);
		return [
			name,
			h("span", {}, text === "ok" ? h("span.dim", {}, "ok") : tag(text, tone)),
			h("span.more", {}, wire(one.registrar)),
			h("span.more.mono.dim", {}, one.expires.slice(0, 10)),
		];
	}
	if (tab === "reviews")
		return [
			name,
			h("span", {}, tag(String(one.operation), "sea")),
			h("span.more", {}, wire(one.registrar)),
			h("span.more.dim", {}, one.due ? `decided ${String(one.due).slice(0, 10)}` : "decided by the API only"),
		];
	if (tab === "registrars" || tab === "queues")
		return [
			name,
			h("span.dim.clip-it", {}, wire(one.name)),
			h("span.more", {}, String(one.email ?? "")),
			h("span.more.dim", {}, one.robot ? "a robot plays it" : ""),
		];
	const text =
		tab === "hosts"
			? /** @type {string[]} */ (one.addresses).join(" ")
			: String(/** @type {any} */ (one.postal)?.name ?? "");
	return [
		name,
		h("span.dim.clip-it", {}, wire(text)),
		h("span.more", {}, wire(one.registrar)),
		h("span.more.dim", {}, one.statuses.join(" ")),
	];
}

/**
 * The one state of a domain that matters most, with what is left of it.
 * @param {RegistryItem} one
 * @param {number} now
 * @param {Record<string, number>} [periods]
 * @returns {[string, string]} words, and the colour of their tag
 */
function stateOf(one, now, periods = {}) {
	const left = (/** @type {string} */ from, /** @type {string} */ period) =>
		` ${span(now, Date.parse(from) + (periods[period] ?? 0) * 1000)}`;
	if (one.purging) return [`purged in${left(one.purging, "pending_delete")}`, "must"];
	if (one.restoring) return [`restore pending${left(one.restoring, "restore_report")}`, "should"];
	if (one.deleted) return [`redemption${left(one.deleted, "redemption")}`, "should"];
	if (one.pending) return [`${one.pending} in review`, "sea"];
	if (one.transfer?.status === "pending") return ["transfer asked", "sea"];
	const expires = Date.parse(one.expires) - now;
	if (expires < 30 * DAY * 1000) return [`expires in ${span(now, now + expires)}`, "brass"];
	const grace = one.graces.find((each) => Date.parse(each.ends) > now);
	if (grace)
		return grace.kind === "autoRenew"
			? [`auto-renew ${span(now, Date.parse(grace.ends))}`, "brass"]
			: [`${grace.kind} grace ${span(now, Date.parse(grace.ends))}`, "sea"];
	if (one.statuses.some((status) => status.endsWith("Hold"))) return ["on hold", ""];
	if (one.statuses.some((status) => status.startsWith("server") || status === "clientUpdateProhibited"))
		return ["locked", ""];
	return one.nameservers.length || one.attributes?.length ? ["ok", ""] : ["inactive", ""];
}
