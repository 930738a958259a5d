"""Runs pyftpdlib with the settings in its only argument, as JSON."""

import json
import logging
import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer

settings = json.loads(sys.argv[1])
logging.basicConfig(filename=settings["log"], level=logging.DEBUG)
authorizer = DummyAuthorizer()
authorizer.add_anonymous(settings["root"], perm="elradfmwMT", msg_quit="Bye.")

handler = TLS_FTPHandler if settings["tls"] else FTPHandler
handler.authorizer = authorizer
handler.passive_ports = range(settings["range"][0], settings["range"][1] + 1)
handler.permit_foreign_addresses = settings["promiscuous"]
handler.permit_privileged_ports = settings["promiscuous"]
if settings["tls"]:
    handler.certfile = settings["certificate"]
    handler.tls_control_required = settings["tls_required"]
    handler.tls_data_required = settings["tls_required"]

ioloop = IOLoop.instance()
for address in settings["addresses"]:
    own = type("Handler", (handler,), {})
    if ":" not in address:
        own.masquerade_address = settings["advertised"]
    server = FTPServer((address, settings["port"]), own, ioloop=ioloop)
    if settings["sessions"] is not None:
        server.max_cons = settings["sessions"]
server.serve_forever()
