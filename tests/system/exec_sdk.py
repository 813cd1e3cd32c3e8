"""Asks, with the official Python SDK as its users write it, whose key the environment holds."""

import os
import signal
import sys

from scaleway import Client
from scaleway.iam.v1alpha1 import IamV1Alpha1API

client = Client.from_config_file_and_env()
key = IamV1Alpha1API(client).get_api_key(access_key=client.access_key)
assert key.expires_at, key
print(key.access_key, key.description, flush=True)
if sys.argv[1:] == ["killed"]:
    os.kill(os.getpid(), signal.SIGKILL)
