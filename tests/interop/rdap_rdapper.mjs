// Look domains up with rdapper, with the farm's bootstrap file: rdap_rdapper.mjs PACKAGE BASE NAME...
const [packagePath, base, ...names] = process.argv.slice(2);
const { lookup } = await import(packagePath);

const bootstrap = await (await fetch(`${base}dns.json`)).json();
const found = {};
for (const name of names) {
	const { ok, record, error } = await lookup(name, { customBootstrapData: bootstrap, rdapOnly: true });
	found[name] = ok ? record : { error };
}
console.log(JSON.stringify(found));
