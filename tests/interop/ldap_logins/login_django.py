"""Log in by django-auth-ldap, with the settings of docs/ldap.md. Arguments: URL, login, password."""

import sys

import django
import ldap
from django.conf import settings
from django_auth_ldap.config import GroupOfNamesType, LDAPSearch

url, login, password = sys.argv[1:]
base = "dc=homeport,dc=test"
settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    AUTHENTICATION_BACKENDS=["django_auth_ldap.backend.LDAPBackend"],
    AUTH_LDAP_SERVER_URI=url,
    AUTH_LDAP_USER_SEARCH=LDAPSearch(f"ou=people,{base}", ldap.SCOPE_SUBTREE, "(uid=%(user)s)"),
    AUTH_LDAP_USER_ATTR_MAP={"first_name": "givenName", "last_name": "sn", "email": "mail"},
    AUTH_LDAP_GROUP_SEARCH=LDAPSearch(f"ou=groups,{base}", ldap.SCOPE_SUBTREE, "(objectClass=groupOfNames)"),
    AUTH_LDAP_GROUP_TYPE=GroupOfNamesType(),
    AUTH_LDAP_USER_FLAGS_BY_GROUP={"is_staff": f"cn=crew,ou=groups,{base}"},
)
django.setup()

from django.contrib.auth import authenticate  # noqa: E402 - after the settings
from django.core.management import call_command  # noqa: E402

call_command("migrate", verbosity=0)
user = authenticate(username=login, password=password)
if user is None:
    print("nobody")
else:
    print(
        "|".join(
            [user.username, user.get_full_name(), user.email, str(user.is_staff), ",".join(user.ldap_user.group_names)]
        )
    )
