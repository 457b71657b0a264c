// What can be done with messages, and the same as a command.

import { ask } from "../elements/ask.js";
import { number } from "../render.js";
import { commandsFor, python, shell } from "../store/commands.js";
import { LIST } from "./mail_list.js";

/** Identifiers in one filter: the API takes at most 100 values. */
const MAX_IDS = 100;

/** @param {number} count */
const sure = (count) =>
	ask({ title: `Delete ${number(count)} messages?`, text: "They cannot be brought back.", verb: "Delete them" });

/**
 * Delete messages. Ask if they are several; return false if the answer is no.
 * @param {App} app
 * @param {readonly string[]} ids
 */
export async function removeThese(app, ids) {
	if (ids.length > 1 && !(await sure(ids.length))) return false;
	for (let from = 0; from < ids.length; from += MAX_IDS) {
		const some = ids.slice(from, from + MAX_IDS);
		const path = ids.length === 1 ? `/${encodeURIComponent(ids[0] ?? "")}` : `?q=id:${some.join(",")}`;
		await app.world.change("DELETE", LIST + path);
	}
	app.toast(ids.length > 1 ? `${number(ids.length)} messages were deleted.` : `${ids[0]} was deleted.`);
	return true;
}

/**
 * Delete what a filter finds, up to the newest message that is shown. Ask if they are several; return false if the
 * answer is no.
 * @param {App} app
 * @param {string} q
 * @param {MailSummary} newest
 * @param {number} count
 */
export async function removeFound(app, q, newest, count) {
	if (count > 1 && !(await sure(count))) return false;
	const before = new Date(Date.parse(newest.time) + 1).toISOString();
	const query = new URLSearchParams({ before, ...(q ? { q } : {}) });
	const { deleted } = await app.world.change("DELETE", `${LIST}?${query}`);
	app.toast(deleted === 1 ? "1 message was deleted." : `${number(deleted)} messages were deleted.`);
	return true;
}

/**
 * Mark messages as read.
 * @param {App} app
 * @param {readonly MailSummary[]} items
 */
export async function markAll({ api, world }, items) {
	for (const { id } of items.filter((one) => one.unread))
		await api.json("PATCH", world.path(`${LIST}/${id}`), { body: { read: true } });
	world.touch("smtp");
}

/**
 * @param {World} world
 * @param {string} id of the message that is open; empty for the list
 * @param {string} q
 */
export function commandsOf(world, id, q) {
	if (id) return commandsFor(world, "GET", `${LIST}/${id}/raw`, { homeport: `messages --raw ${shell(id)}` });
	return commandsFor(world, "GET", LIST, {
		query: { q },
		homeport: `messages${q && ` -q ${shell(q)}`}`,
		python: q ? `homeport.smtp.find(q=${python(q)})` : "homeport.smtp.messages",
	});
}
