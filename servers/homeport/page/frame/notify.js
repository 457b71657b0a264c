// Desktop notifications: only when asked for; grouped, at most one in ten seconds.

const BETWEEN_MS = 10_000;

/** @param {App} app */
export async function notify(app) {
	if (!("Notification" in globalThis) || (await Notification.requestPermission()) !== "granted") {
		app.toast("The browser does not allow notifications of this page: see its settings for this address.");
		return;
	}
	const { world } = app;
	let mail = 0;
	let broken = 0;
	let _timer = 0;
	const say = () => {
		_timer = 0;
		if (!mail && !broken) return;
		const texts = [
			mail && `${mail} new ${mail === 1 ? "message" : "messages"}`,
			broken && `${broken} broken ${broken === 1 ? "rule" : "rules"}`,
		];
		const one = new Notification(`Homeport, world ${world.name}`, {
			body: texts.filter(Boolean).join(", "),
			tag: "homeport",
		});
		one.addEventListener("click", () => globalThis.focus());
		mail = broken = 0;
		_timer = setTimeout(say, BETWEEN_MS);
	};
	world.on(
		"events",
		(batch) => {
			if (!document.hidden) return;
			for (const event of batch) {
				if (event.type === "message") mail += 1;
				if (event.type === "finding" && event.level === "must") broken += 1;
			}
			if (mail + broken) _timer ||= setTimeout(say, 500);
		},
		world.stream.life.signal,
	);
	app.toast("You will be notified of new mail and of broken rules while this tab is not in front.");
}
