"""ICANN's Registry System Testing (RST 2.0): the 26 cases for EPP, run as a client against a farm or any server.

    report = run(parameters, tables, chance)      every case; `report.failed` says whether the server lost

| module | has |
|---|---|
| `parameters` | what RST calls input parameters: the server, two registrars, the registry's model |
| `own_farm` | a farm that is started for the run, with the certificates that `epp-03` needs |
| `tables` | the vectors, which are ICANN's and are read from a folder: they are not part of this package |
| `link`, `frames` | TLS, frames, answers; commands as text, with every value as the vector has it |
| `course` | a case while it runs: its sessions, its issues, objects made for it |
| `connectivity`, `contacts`, `hosts`, `delegation`, `domains`, `domain_updates`, `transfers` | the cases |
| `report` | what was found, as text, JSON and JUnit |

A case records an issue by the code that RST has for it, such as EPP_CONTACT_CREATE_SERVER_ACCEPTS_INVALID_CC;
`error-codes.csv` has its severity. Commands are written without this package's own grammar, which would refuse to write
most of the vectors.
"""
