"""The official Python SDK with one call: the user that SCW_BENCH_USER names."""

import os

from scaleway import Client
from scaleway.iam.v1alpha1 import IamV1Alpha1API

client = Client(
    access_key=os.environ["SCW_ACCESS_KEY"],
    secret_key=os.environ["SCW_SECRET_KEY"],
    api_url=os.environ["SCW_API_URL"],
)
user = IamV1Alpha1API(client).get_user(user_id=os.environ["SCW_BENCH_USER"])
assert user.id == os.environ["SCW_BENCH_USER"]
