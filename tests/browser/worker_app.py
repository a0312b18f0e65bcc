"""The Celery application of the product with a key prefix of its own, so that other workers leave its tasks alone."""

import os

from config.celery import app

app.conf.broker_transport_options = {
    **app.conf.broker_transport_options,
    "global_keyprefix": os.environ["CLEARHOLD_TEST_KEY_PREFIX"],
}
