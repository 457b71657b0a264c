import java.util.Hashtable;
import java.util.TreeSet;
import javax.naming.AuthenticationException;
import javax.naming.Context;
import javax.naming.directory.InitialDirContext;
import javax.naming.directory.SearchControls;

/** Log in as Spring does: find the entry, bind with its name, read the groups. Arguments: URL, login, password. */
class Login {
    static final String BASE = "dc=homeport,dc=test";

    static InitialDirContext connect(String url, String dn, String password) throws Exception {
        var settings = new Hashtable<String, String>();
        settings.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.ldap.LdapCtxFactory");
        settings.put(Context.PROVIDER_URL, url);
        if (dn != null) {
            settings.put(Context.SECURITY_AUTHENTICATION, "simple");
            settings.put(Context.SECURITY_PRINCIPAL, dn);
            settings.put(Context.SECURITY_CREDENTIALS, password);
        }
        return new InitialDirContext(settings);
    }

    public static void main(String[] arguments) throws Exception {
        var anonymous = connect(arguments[0], null, null);
        var whole = new SearchControls();
        whole.setSearchScope(SearchControls.SUBTREE_SCOPE);
        var people = "(&(objectClass=person)(uid={0}))";
        var found = anonymous.search(BASE, people, new Object[] {arguments[1]}, whole).next();
        var dn = found.getNameInNamespace();
        var code = "0";
        try {
            connect(arguments[0], dn, arguments[2]).close();
        } catch (AuthenticationException error) {
            code = error.getMessage().replaceAll(".*error code (\\d+).*", "$1");
        }
        var names = new TreeSet<String>();
        var member = "(&(objectClass=groupOfNames)(member={0}))";
        var groups = anonymous.search("ou=groups," + BASE, member, new Object[] {dn}, whole);
        while (groups.hasMore()) {
            names.add((String) groups.next().getAttributes().get("cn").get());
        }
        anonymous.close();
        System.out.println(String.join("|", dn, (String) found.getAttributes().get("cn").get(), code, String.join(",", names)));
    }
}
