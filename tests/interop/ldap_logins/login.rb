# Log in as GitLab does: find the entry, bind with its name, read the groups. Arguments: URL, login, password.
require "net/ldap"
require "uri"

url, login, password = ARGV
base = "dc=homeport,dc=test"
address = URI(url)
ldap = Net::LDAP.new(host: address.host, port: address.port)
both = ->(kind, name, value) { Net::LDAP::Filter.eq("objectClass", kind) & Net::LDAP::Filter.equals(name, value) }
person = ldap.search(base: base, filter: both["person", "uid", login], attributes: ["cn"]).first
user = Net::LDAP.new(host: address.host, port: address.port, auth: { method: :simple, username: person.dn, password: password })
user.bind
groups = ldap.search(base: "ou=groups,#{base}", filter: both["groupOfNames", "member", person.dn], attributes: ["cn"])
puts [person.dn, person.cn.first, user.get_operation_result.code, groups.map { |one| one.cn.first }.sort.join(",")].join("|")
