"""Log in with eppzy, whose frames are four octets longer than their length says, and print the server's answer.

Arguments: port, registrar, password. It does not verify certificates, and needs a Python with `ssl.wrap_socket` (3.11).
"""

import sys

from eppzy.bases import ErrorResponse
from eppzy.rfc5731_domain import Domain
from eppzy.session import session

try:
    with session([Domain], [], "127.0.0.1", int(sys.argv[1]), sys.argv[2], sys.argv[3]):
        print("logged in")
except ErrorResponse as refusal:
    answer = refusal.args[0]
    print(answer.code, " ".join(answer.data.itertext()))
