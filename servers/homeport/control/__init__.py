"""The control API: one table of operations that routes requests, validates them and describes itself.

`homeport.farm.http` serves it over HTTP.
"""
