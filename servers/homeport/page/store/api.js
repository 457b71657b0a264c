// The control API: requests with the token, errors as problem details, addresses for frames and downloads.

const TOKEN = "homeport.token";

/** An answer of the API that is an error (RFC 9457), or no answer at all (status 0). */
export class ApiError extends Error {
	/**
	 * @param {number} status
	 * @param {Partial<Problem>} problem
	 */
	constructor(status, problem) {
		super(problem.detail ?? problem.title ?? `the farm answered ${status}`);
		this.status = status;
		this.problem = problem;
	}
}

/** The token was not given: nothing can be loaded. */
export class NoToken extends ApiError {
	constructor() {
		super(401, { detail: "The farm asks for its token." });
	}
}

/**
 * @typedef {object} RequestOptions
 * @property {Record<string, unknown> | URLSearchParams} [query]
 * @property {unknown} [body] sent as JSON, or as it is if it is a Blob
 * @property {AbortSignal} [signal]
 * @property {Record<string, string>} [headers]
 */

export class Api {
	/** @param {(wrong: boolean) => Promise<string | null>} askToken asks the user; null if the user gives none */
	constructor(askToken) {
		this.askToken = askToken;
		/** @type {Promise<string | null> | null} */
		this.asking = null;
	}

	/** @returns {string} the token of this tab; empty if there is none */
	get token() {
		return sessionStorage.getItem(TOKEN) ?? "";
	}

	/**
	 * Send a request and return the response, errors too. 401 asks for the token and tries again.
	 * @param {string} method
	 * @param {string} path
	 * @param {RequestOptions} [options]
	 * @returns {Promise<Response>}
	 */
	async send(method, path, options = {}) {
		const { body, signal } = options;
		const raw = body instanceof Blob;
		/** @type {Record<string, string>} */
		const headers = {
			...(body === undefined || raw ? {} : { "Content-Type": "application/json" }),
			...options.headers,
		};
		const token = this.token;
		if (token) headers.Authorization = `Bearer ${token}`;
		let response;
		try {
			response = await fetch(path + queryText(options.query), {
				method,
				headers,
				cache: "no-store",
				...(body === undefined ? {} : { body: raw ? body : JSON.stringify(body) }),
				...(signal ? { signal } : {}),
			});
		} catch (error) {
			if (signal?.aborted) throw error;
			throw new ApiError(0, { detail: "The farm does not answer." });
		}
		if (response.status !== 401) return response;
		await this.#renewToken(token);
		return this.send(method, path, options);
	}

	/**
	 * Have the user give the token, once for all requests that wait for it.
	 * @param {string} refused the token that was refused
	 */
	async #renewToken(refused) {
		if (this.token !== refused) return;
		this.asking ??= this.askToken(refused !== "").finally(() => {
			this.asking = null;
		});
		const token = await this.asking;
		if (!token) throw new NoToken();
		sessionStorage.setItem(TOKEN, token);
	}

	/**
	 * Send a request and return what the JSON of the answer holds; null if it has no body.
	 * @param {string} method
	 * @param {string} path
	 * @param {RequestOptions} [options]
	 * @returns {Promise<any>}
	 */
	async json(method, path, options) {
		const response = await this.send(method, path, options);
		if (!response.ok) throw new ApiError(response.status, await response.json().catch(() => ({})));
		return response.status === 204 ? null : response.json();
	}

	/**
	 * Send a file, and say how much of it has left. `fetch` cannot say that.
	 * @param {string} path
	 * @param {Blob} blob
	 * @param {(sent: number) => void} progress bytes
	 * @param {AbortSignal} signal
	 * @returns {Promise<void>}
	 */
	upload(path, blob, progress, signal) {
		return new Promise((resolve, reject) => {
			const request = new XMLHttpRequest();
			request.open("PUT", path);
			if (this.token) request.setRequestHeader("Authorization", `Bearer ${this.token}`);
			request.upload.addEventListener("progress", (event) => progress(event.loaded));
			request.addEventListener("load", () => {
				if (request.status < 300) return resolve();
				let problem = {};
				try {
					problem = JSON.parse(request.responseText);
				} catch {
					// An answer without details: the status must do.
				}
				return reject(new ApiError(request.status, problem));
			});
			request.addEventListener("error", () => reject(new ApiError(0, { detail: "The farm does not answer." })));
			request.addEventListener("abort", () => reject(new ApiError(0, { detail: "It was cancelled." })));
			signal.addEventListener("abort", () => request.abort());
			request.send(blob);
		});
	}

	/**
	 * Return an address that a frame, an image or a download can load. With a token it is valid once, for a minute.
	 * @param {string} path
	 * @returns {Promise<string>}
	 */
	async address(path) {
		if (!this.token) return path;
		return (await this.json("POST", "/api/v1/tickets", { body: { path } })).url;
	}

	/**
	 * Save what is at a path as a file.
	 * @param {string} path
	 * @param {string} name
	 */
	async download(path, name) {
		const link = document.createElement("a");
		link.href = await this.address(path);
		link.download = name;
		link.click();
	}
}

/**
 * @param {Record<string, unknown> | URLSearchParams} [query]
 * @returns {string} the query with `?`; values that are null or empty are left out
 */
export function queryText(query = {}) {
	if (query instanceof URLSearchParams) return query.size ? `?${query}` : "";
	const search = new URLSearchParams();
	for (const [name, value] of Object.entries(query))
		if (value !== null && value !== undefined && value !== "") search.set(name, String(value));
	return search.size ? `?${search}` : "";
}
