"""OpenStack Swift with its S3 API, all of it in one process on loopback: one kill -9 stops everything, and what was stored survives it.

usage: swift-in-one.py FOLDER PORT (0 = any); prints the port once it listens. Keys: callme:pbx and callme-secret.
"""
import logging
import os
import sys
import warnings

warnings.simplefilter('ignore')
import eventlet
eventlet.monkey_patch()
import eventlet.wsgi
from swift.common import utils

for module in (utils, sys.modules.get('swift.common.utils.config')):
    if module is not None:
        module.HASH_PATH_SUFFIX = b'callme'
        module.HASH_PATH_PREFIX = b'callme'
from swift.common.ring import RingBuilder
from swift.common.wsgi import SwiftHttpProtocol, loadapp

HOME, PORT = sys.argv[1], int(sys.argv[2])
DEFAULT = f'''[DEFAULT]
swift_dir = {HOME}
devices = {HOME}/devices
mount_check = false
fallocate_reserve = 0
conn_timeout = 10
node_timeout = 60
container_update_timeout = 60
log_address = /dev/null
'''
PROXY = DEFAULT + '''[pipeline:main]
pipeline = catch_errors listing_formats bulk s3api tempauth slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
conn_timeout = 10
node_timeout = 60
recoverable_node_timeout = 60
error_suppression_limit = 100000
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_callme_pbx = callme-secret .admin
'''


def configuration(name, text):
    path = f'{HOME}/{name}.conf'
    with open(path, 'w') as file:
        file.write(text)
    return path


def serve(listening, name, text):
    application = loadapp(configuration(name, text))
    eventlet.spawn(eventlet.wsgi.server, listening, application, log=logging.getLogger('silent'), log_output=False, protocol=SwiftHttpProtocol)


os.makedirs(f'{HOME}/devices/one', exist_ok=True)
storage = {}
for kind in ('account', 'container', 'object'):
    storage[kind] = eventlet.listen(('127.0.0.1', 0))
    port = storage[kind].getsockname()[1]
    ring = RingBuilder(0, 1, 1)
    ring.add_dev(dict(id=0, region=1, zone=1, weight=1.0, ip='127.0.0.1', port=port, replication_ip='127.0.0.1', replication_port=port, device='one', meta=''))
    ring.rebalance()
    ring.get_ring().save(f'{HOME}/{kind}.ring.gz')
for kind, listening in storage.items():
    serve(listening, kind, DEFAULT + f'[pipeline:main]\npipeline = {kind}-server\n[app:{kind}-server]\nuse = egg:swift#{kind}\n')
proxy = eventlet.listen(('127.0.0.1', PORT))
serve(proxy, 'proxy', PROXY)
print(proxy.getsockname()[1], flush=True)
while True:
    eventlet.sleep(3600)
