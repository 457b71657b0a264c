// Names of entries of a directory (RFC 4514).

/**
 * Split a DN into its parts, the entry's own first. Escaped commas split nothing.
 * @param {string} dn
 * @returns {string[]}
 */
export const splitDn = (dn) => (dn.match(/(?:\\.|[^\\,])+/gsu) ?? []).map((part) => part.trim());

/**
 * Return the DN of the entry above; empty if there is none.
 * @param {string} dn
 */
export const parentOf = (dn) => splitDn(dn).slice(1).join(",");

/**
 * Return the entry's own part of a DN: uid=alice.
 * @param {string} dn
 */
export const rdnOf = (dn) => splitDn(dn)[0] ?? dn;

/**
 * Compare names as most attributes do: without case, and without blanks after commas.
 * @param {string} dn
 */
export const foldDn = (dn) => splitDn(dn).join(",").toLowerCase();

/**
 * Tell whether an entry is below another, or is it.
 * @param {string} dn
 * @param {string} above
 */
export const isBelow = (dn, above) => `,${foldDn(dn)}`.endsWith(`,${foldDn(above)}`);

/**
 * Write a value as a part of a DN.
 * @param {string} value
 */
export const escapeDn = (value) =>
	value.replace(/[\\,+"<>;=\0]|^[ #]| $/g, (one) => (one === "\0" ? "\\00" : `\\${one}`));

/**
 * Write a value as a part of a filter (RFC 4515).
 * @param {string} value
 */
export const escapeFilter = (value) =>
	value.replace(/[\\*()\0]/g, (one) => `\\${one.charCodeAt(0).toString(16).padStart(2, "0")}`);

const WORD_FIELDS = ["uid", "cn", "mail", "ou", "description"];

/**
 * Return a filter of what was typed: itself if it is one, else one that finds the text in common attributes.
 * @param {string} text
 */
export function filterOf(text) {
	const typed = text.trim();
	if (!typed) return "";
	if (typed.startsWith("(")) return typed;
	if (/^[\w.;-]+(?::[\w.:]*|[~<>])?=/.test(typed)) return `(${typed})`;
	const value = escapeFilter(typed);
	return `(|${WORD_FIELDS.map((name) => `(${name}=*${value}*)`).join("")})`;
}
