// The page: follows the address, shows one view at a time in the frame, and gives views what they need.

import { failure, heading } from "./elements/parts.js";
import { Frame } from "./frame/frame.js";
import { listenToKeys } from "./frame/keys.js";
import { Toasts } from "./frame/toasts.js";
import { fill, find, h } from "./render.js";
import { readRoute, writeRoute } from "./router.js";
import { Api, NoToken } from "./store/api.js";
import { World } from "./store/world.js";
import { views } from "./views.js";

/** What views get: the API, the world of the address, addresses, messages. */
export class App {
	constructor() {
		this.api = new Api(async (wrong) => (await import("./frame/token.js")).askToken(wrong));
		this.toasts = new Toasts(find("#toasts"));
		this.main = find("#main");
		/** @type {World} */
		this.world = new World(this.api, readRoute(location.hash).world);
		this.route = readRoute(location.hash);
		/** @type {ViewRow | null} */
		this.row = null;
		/** @type {View | null} */
		this.view = null;
		this.life = new AbortController();
		this.frame = new Frame(this);
	}

	/** Begin, once. */
	async start() {
		listenToKeys(this);
		addEventListener("hashchange", () => void this.#follow());
		// Its address would be that of a view.
		find(".skip").addEventListener("click", (event) => {
			event.preventDefault();
			this.main.focus();
		});
		document.addEventListener("failure", (event) => this.toasts.error(/** @type {CustomEvent} */ (event).detail));
		addEventListener("unhandledrejection", (event) => {
			if (event.reason instanceof DOMException && event.reason.name === "AbortError") event.preventDefault();
			else if (event.reason instanceof Error) this.toasts.error(event.reason);
		});
		await this.#enter(readRoute(location.hash));
	}

	/**
	 * Return the address of a view of this world, for `href`.
	 * @param {readonly string[] | string} path
	 * @param {Record<string, string | null | undefined>} [query]
	 */
	href(path, query) {
		return writeRoute(this.world.name, typeof path === "string" ? path.split("/") : path, query);
	}

	/**
	 * Go to a view of this world.
	 * @param {readonly string[] | string} path
	 * @param {Record<string, string | null | undefined>} [query]
	 * @param {boolean} [replace] true for changes that Back does not undo, such as each letter of a filter
	 */
	go(path, query, replace = false) {
		const address = this.href(path, query);
		if (!replace) location.hash = address;
		else if (address !== location.hash) {
			history.replaceState(null, "", address);
			void this.#follow();
		}
	}

	/**
	 * Say what was done, or what went wrong.
	 * @param {string | ToastOptions} toast
	 */
	toast(toast) {
		this.toasts.show(typeof toast === "string" ? { text: toast } : toast);
	}

	async #follow() {
		const route = readRoute(location.hash);
		if (route.world !== this.world.name) return this.#enter(route);
		const row = viewOf(route);
		this.route = route;
		if (row === this.row && this.view?.update) {
			this.frame.followed();
			return this.view.update(route);
		}
		await this.#show(row, route);
	}

	/**
	 * Enter a world.
	 * @param {Route} route
	 */
	async #enter(route) {
		this.#leave();
		this.world.close();
		this.world = new World(this.api, route.world);
		this.route = route;
		const opened = this.world.open();
		const row = viewOf(route);
		if (row) void load(row).catch(() => {}); // at the same time; an error is shown when the view is
		this.frame.follow(this.world);
		try {
			await opened;
		} catch (error) {
			fill(this.main, heading(route.world), failure(error, this.#wayOut(error)));
			return;
		}
		await this.#show(row, route);
		this.frame.count();
	}

	/** @param {unknown} error */
	#wayOut(error) {
		if (error instanceof NoToken || this.world.name === "default")
			return h("button.btn.go", { onclick: () => void this.#enter(this.route) }, "Try again");
		return h("a.btn", { href: "#/" }, "Go to the world default");
	}

	#leave() {
		this.life.abort();
		this.view?.unmount?.();
		this.view = null;
		this.main.removeAttribute("aria-busy");
		this.life = new AbortController();
	}

	/**
	 * @param {ViewRow | null} row
	 * @param {Route} route
	 */
	async #show(row, route) {
		this.#leave();
		this.row = row;
		const { signal } = this.life;
		this.frame.followed();
		if (!row) {
			const first = views[0];
			if (!route.path.length && first) return this.go(first.name, {}, true);
			fill(
				this.main,
				heading("Not here"),
				failure(
					new Error(`There is no view at ${location.hash}.`),
					h("a.btn", { href: this.href("live") }, "Go to Live"),
				),
			);
			return;
		}
		this.main.setAttribute("aria-busy", "true");
		try {
			const make = await load(row);
			if (signal.aborted) return;
			this.view = make(this);
			fill(this.main);
			this.main.removeAttribute("aria-busy");
			this.main.dataset.view = row.name;
			this.main.scrollTop = 0;
			await this.view.mount(this.main, route, signal);
		} catch (error) {
			if (signal.aborted) return;
			this.main.removeAttribute("aria-busy");
			fill(this.main, heading(row.title), failure(error));
		}
		this.frame.followed();
		const { activeElement: focused } = document;
		// A field that the view has focused keeps the focus.
		if (focused === document.body || !(this.frame.contains(focused) || this.main.contains(focused)))
			this.main.focus({ preventScroll: true });
	}
}

/** @param {Route} route */
const viewOf = ({ path }) => views.find((one) => (one.match ? one.match(path) : one.name === path[0])) ?? null;

/** @param {ViewRow} row */
async function load({ name, style = [] }) {
	const [module] = await Promise.all([import(`./views/${name}.js`), ...style.map(loadStyle)]);
	return /** @type {(app: App) => View} */ (module[name]);
}

/** @type {Map<string, Promise<void>>} */
const styles = new Map();
/**
 * Load the style sheet of a view, once.
 * @param {string} name
 * @returns {Promise<void>}
 */
function loadStyle(name) {
	let loaded = styles.get(name);
	if (!loaded) {
		const href = new URL(`./style/${name}.css`, import.meta.url).href;
		const link = document.createElement("link");
		link.rel = "stylesheet";
		link.href = href;
		loaded = new Promise((resolve) => {
			link.addEventListener("load", () => resolve());
			link.addEventListener("error", () => resolve());
		});
		styles.set(name, loaded);
		document.head.append(link);
	}
	return loaded;
}

void new App().start();
