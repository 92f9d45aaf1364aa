"""Start a real Kafka broker, and set up topics, rights and logins on any cluster.

``jars`` fetches and checks the pinned jars, ``java`` builds the command, ``settings`` lists the
changed settings with their reasons, ``broker`` formats and starts the one KRaft node, ``login``
gives its super user's access. ``provision`` serves any cluster, the embedded one or another.
"""
