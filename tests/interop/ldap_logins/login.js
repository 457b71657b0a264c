// Log in as applications do: find the entry, bind with its name, read the groups. Arguments: URL, login, password.
const ldap = require("ldapjs");
const [url, login, password] = process.argv.slice(2);
const base = "dc=homeport,dc=test";
const client = ldap.createClient({ url });
const search = (below, filter) =>
  new Promise((resolve, reject) =>
    client.search(below, { scope: "sub", filter, attributes: ["cn"] }, (error, found) => {
      const entries = [];
      if (error) return reject(error);
      found.on("searchEntry", (one) => entries.push(one.pojo));
      found.on("error", reject);
      found.on("end", () => resolve(entries));
    }),
  );
const both = (objectClass, attribute, value) =>
  new ldap.AndFilter({
    filters: [
      new ldap.EqualityFilter({ attribute: "objectClass", value: objectClass }),
      new ldap.EqualityFilter({ attribute, value }),
    ],
  });
const cn = (entry) => entry.attributes.find((one) => one.type === "cn").values[0];
(async () => {
  const [person] = await search(base, both("person", "uid", login));
  const code = await new Promise((resolve) => client.bind(person.objectName, password, (error) => resolve(error ? error.code : 0)));
  const groups = await search(`ou=groups,${base}`, both("groupOfNames", "member", person.objectName));
  console.log([person.objectName, cn(person), code, groups.map(cn).sort().join(",")].join("|"));
  client.unbind();
})();
