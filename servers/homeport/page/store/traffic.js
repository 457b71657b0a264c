// The traffic of the latest minutes by service: an answer of the API, continued by the events `stats` of the stream.

const WINDOW_S = 300;
const STEP_S = 10;
export const TRAFFIC = `stats?window=${WINDOW_S}s&step=${STEP_S}s`;
const STEPS = WINDOW_S / STEP_S;

export class LatestTraffic {
	constructor() {
		/** @type {Record<string, Traffic>} */
		this.services = {};
		this.begin = 0;
		this.end = 0;
	}

	/** @param {TrafficOf} answer for the whole window */
	take(answer) {
		this.services = answer.services;
		this.begin = Date.parse(answer.begin);
		this.end = this.begin + STEPS * STEP_S * 1000;
	}

	/**
	 * Add the traffic of a second, unless the answer had it.
	 * @param {TrafficOf} second
	 */
	add(second) {
		const begin = Date.parse(second.begin);
		if (!this.begin || begin + second.step * 1000 <= this.end) return;
		while (begin >= this.begin + STEPS * STEP_S * 1000) this.#shift();
		const at = Math.max(Math.floor((begin - this.begin) / (STEP_S * 1000)), 0);
		for (const [name, figures] of Object.entries(second.services)) {
			const known = this.services[name] ?? { events: [], findings: [] };
			this.services[name] = known;
			for (const [figure, values] of Object.entries(figures)) {
				const line = known[figure] ?? [];
				while (line.length < STEPS) line.push(0);
				line[at] = (line[at] ?? 0) + values.reduce((sum, value) => sum + value, 0);
				known[figure] = line;
			}
		}
	}

	/** Begin a new step; the oldest one leaves. */
	#shift() {
		this.begin += STEP_S * 1000;
		for (const figures of Object.values(this.services))
			for (const line of Object.values(figures)) {
				line.shift();
				line.push(0);
			}
	}
}
