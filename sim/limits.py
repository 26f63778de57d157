"""How much is taken from outside before it is refused, in one place: text, files and what they ask for.

Each limit is far above what people's own files hold. Past it the input is refused with the number (`sim.errors`), so
that a page shown to strangers, and a CI job, stay answerable. Sizes are in bytes.
"""

from __future__ import annotations

KIB, MIB, GIB = 2**10, 2**20, 2**30

SCENARIO = 1_000_000
"""Bytes of a scenario file, or of a host's profile."""

CATALOG_FILES = 1_000
"""Files of one kind in a catalog beside a scenario."""

CATALOG_FILE = 64 * KIB
"""Bytes of one of its files."""

CATALOG_ENTRIES = 50
"""Phases, parts, guests or pieces of memory that one of its files lists."""

CATALOG_LIKE = 20
"""Technologies that one is like, each by way of the next."""

RECORDING = 64 * MIB
"""Bytes of a recording that `replay` reads."""

RECEIPT = 64 * KIB
"""Bytes of a student's receipt that `grade` reads."""

RECEIPTS = 10_000
"""Receipts in a folder that `grade` reads."""
RECORDED_NUMBER = 10**9
"""The largest number that a recorded life may hold, and as far below 0 the smallest."""

LIFECYCLE_SECONDS = 100_000
"""Seconds that a recorded container is watched; the longest recorded were watched for ten minutes."""

LIFECYCLE_STEP = 1_000
"""Seconds that one recorded command on a host's storage is waited for; what still runs then has no result."""

LIFECYCLE_EVENTS = 500_000
"""Things that happen in a recording of containers' lives, entries of its lists among them; the one that comes with the
package has 20,000."""

LIFECYCLE_ENTRIES = 1_000
"""Entries of a list inside a recorded case: actions, steps, children, probes."""

LIFECYCLE_PROCESSES = 1_000
"""Children that a recorded process starts at once."""

LIFECYCLE_FILES = 20
"""Things that a recorded process does with files."""

LIFECYCLE_FILE = 4_000
"""Characters of a file that a simulated process writes; beyond it there is no space left."""

LIFECYCLE_LOG = 1_000
"""Lines that are kept of what a simulated container printed."""

BASELINE = 100 * MIB
"""Bytes of a baseline that `run` compares with."""

DOCKERFILE = 4 * MIB
"""Bytes of a Dockerfile or an ignore file. BuildKit reads no more of a Dockerfile either."""

EXPRESSION = 2_000
"""Characters of one expression (`expect`, findings, answers, placeholders)."""

EXPRESSION_DEPTH = 50
"""Levels of brackets and signs inside an expression: what a recursive evaluation has room for anywhere."""

PROBLEMS = 50
"""Problems that are told of one file. Of more, their number is told."""

MESSAGE = 1_000
"""Characters of a problem's message. Of a longer one the beginning and the end are told."""

PLACE = 300
"""Characters of a problem's file and of its dotted path, cut in the same way."""

REPLICATIONS = 10_000
"""Replications of a scenario, and of a sweep's point."""

POINTS = 1_000_000
"""Points of a sweep."""

STARTS = 20_000
"""Instances that a page starts for one answer, or nodes that pull, over all labels and replications: seconds."""

LINK = 1_000
"""Characters of one value in a page's link that are looked at. The longest that can be used has some 700."""

LINK_EDIT = 4_000
"""Characters of a link that hold the layer lab's edit, compressed. Browsers and proxies take links of some 8,000."""

LINK_UNPACKED = 512 * KIB
"""Bytes that those characters may come to once they are decompressed."""

GUESS = 10**15
"""The largest number that a link's prediction may hold, in the unit that is asked for."""

UNDONE = 100
"""Changes on a page that can be undone, the last ones."""

LINK_UNDO = 1_500
"""Characters of a page's address, compressed, that hold what can be undone after a reload."""

PAGE_SECONDS = 60
"""Seconds of computing that a page spends on one run before it gives up: a control's bounds are of one control, and
several together may ask for more.
"""

QR_LINK = 400
"""Characters of an address that a page draws as a QR code: a phone reads no finer one from a projector. It is an
estimate.
"""

STUDENT = 40
"""Characters of a student's id that a page takes."""

UPLOAD = 200 * MIB
"""Bytes of one file that the dashboard's server takes. .streamlit/config.toml says it to the server."""

CONTEXT_UPLOAD = 32 * MIB
"""Bytes of all files together that the layer lab takes at once."""

CONTEXT_CONTENT = 64 * MIB
"""Bytes of those files once unpacked."""

CONTEXT_FILES = 5_000
"""Files of a build context that the layer lab takes, and as many folders."""

CONTEXT_PATH = 1_024
"""Bytes of one path in it."""

LAB_TEXT = 128 * KIB
"""Bytes of a Dockerfile, an ignore file or a file's new content in the layer lab: each key stroke plans it again."""

LAB_STEPS = 500
"""Instructions of a Dockerfile in the layer lab, which draws a card for each."""

LAB_COPIED = 250_000
"""Files and folders of the context times instructions that copy, in the layer lab: some three seconds of a build."""

LAB_MATCHED = 250_000_000
"""Characters of the names of files and folders times characters of ignore files, a class as 50: a second's work."""

LAB_BUILDS = 50
"""Builds that the layer lab keeps in its cache, all planned again for the next."""

PAGE_IMAGE_CONTENT = 2 * GIB
"""Bytes that an archive uploaded to the images page may unpack to."""

PAGE_IMAGE_FILES = 300_000
"""Files of all layers in it."""

INCLUDED = 20
"""Lists of packages that one list includes."""

SHELL_LINE = 10_000
"""Characters of a RUN's line that is looked into. Of a longer one any command may take anything away."""

SHELL_OUTPUT = 64 * KIB
"""Bytes that a RUN's `cat` prints to a file whose content is followed."""

COMMAND_WORDS = 10_000
"""Words of a RUN's command whose packages are counted: a variable may stand in a command a thousand times."""

UPLOAD_LINKS = 200_000
"""Names of all links of an upload together that are looked up to see where they lead: less than a second's work."""

SUGGESTIONS = 40
"""Changes of a Dockerfile that are tried alone for a suggestion."""

SUGGESTION_PAIRS = 32
"""Pairs of changes that are tried together, where a build has several causes."""

SUGGESTION_STEPS = 20_000
"""Steps that are planned in all for suggestions: of a build of thousands, few changes are tried."""

CAUSES_CARRIED = 1_000
"""Differences above a step past which it is not asked for its own: every step would hold the set of them all."""

FOLLOWED = 500
"""Instances that are followed one by one in time at most."""

REQUESTS = 60_000
"""Requests that are followed one by one in time beside a noisy neighbour at most."""

INVOCATIONS = 1_000_000
"""Requests to functions as a service that one replication follows."""

HEALTH_CHECKS = 250_000
"""Health checks of all replicas of a rollout together. Each is simulated by Swarm mode and by a group of machines."""

LOAD_REQUESTS = 20_000
"""Requests under load that one run measures; each takes a few hundredths of a millisecond."""

CORES = 1_024
"""Cores that a host may be given, more than any that is sold."""

VCPUS = 64
"""vCPUs that a guest may be given: twice what Firecracker takes."""

ID = 60
"""Characters of a scenario's id."""

MANIFEST = 4 * MIB
"""Bytes of a lock file or list of packages whose packages are counted. Of a larger one the number is not known."""

LINE = 65_535
"""Characters of a line of a Dockerfile. BuildKit reads no longer ones either."""

EXPANDED = 128 * KIB
"""Bytes that the variables of one word may come to: Linux passes a program no longer string (execve(2), Limits)."""

EXPANDED_TOTAL = 4 * MIB
"""Bytes that all steps of a build may hold of expanded words and environments: 2 KiB for each of 2,000 steps."""

SUBSTITUTIONS = 500
"""Substitutions by a pattern, such as `${A%.*}`, in a Dockerfile."""

SUBSTITUTED = 4096
"""Characters of one of them as written."""

MATCHING = 2**18
"""Steps that one of them may take to match, at worst: the value's length to the power of the stars and one more."""

PATTERN = 1024
"""Characters of a pattern of a COPY or an ignore file."""

RULES = 1000
"""Patterns of an ignore file, or of the `--exclude` flags of one instruction."""

REMEMBERED = 16 * MIB
"""Bytes of what an ignore file's matcher keeps in mind: once of folders, once of states of its rules. It is an
estimate.
"""

INSTRUCTIONS = 200_000
"""Instructions of a Dockerfile that `inspect` reads."""

STEPS = 10_000
"""Instructions that a build plans, those of ONBUILD counted in each stage that runs them. Real ones have below 500."""

DRAWN = 500
"""Steps of a build that its figure draws. Past it, the table alone has them."""

FILES = 100_000
"""Paths of a build context: more is a forgotten .dockerignore."""

PATH = 4_096
"""Characters of a path: in a build context, or of a scenario's own catalog. Linux takes no longer one (PATH_MAX)."""

DEPTH = 255
"""Folders that a path in a build context leads through."""

PATHS = 64 * MIB
"""Characters of all paths of a build context, those of their folders included."""

WHOLE_FILE = 64 * MIB
"""Bytes of a context's file that is read whole, as for an edit. Contents are hashed in pieces, whatever their size."""

COMPARED = 10_000
"""Paths that are compared with a missing one for the nearest name."""

EDITABLE = 400
"""Files of a context that the layer lab offers for editing."""

EDITABLE_FILE = 64 * KIB
"""Bytes of one of them."""

YAML_DEPTH = 40
"""Levels that a YAML document is nested."""

YAML_VALUES = 50_000
"""Values of a YAML document, its aliases written out."""

LABELS = 60
"""Labels that a scenario compares."""

WALKS = 20_000_000
"""Paths that may be walked to tell which layer of an image hides what. Of larger ones only the sum is told."""

IMAGE_CONTENT = 64 * GIB
"""Bytes of an image archive after decompression, and the size that any file of it may declare."""

IMAGE_EXPANSION = 200
"""How many times its stored size a blob may decompress to, once past IMAGE_EXPANSION_FROM."""

IMAGE_EXPANSION_FROM = GIB
"""Bytes up to which a blob may decompress to any multiple of its size."""

IMAGE_DOCUMENT = 4 * MIB
"""Bytes of a JSON document of an image. Registries take no larger manifest (distribution-spec)."""

IMAGE_DOCUMENTS = 32 * MIB
"""Bytes of all JSON documents of an archive."""

IMAGE_ENTRIES = 1_000_000
"""Files, folders and links of all layers, and folders on their way that are not listed just before."""

IMAGE_NAMES = 128 * MIB
"""Bytes of their names and link targets."""

IMAGE_PATH = 4096
"""Bytes of one name or link target. Linux takes no longer one (PATH_MAX)."""

IMAGE_HEADER = MIB
"""Bytes of an extended tar header."""

IMAGE_MEMBERS = 100_000
"""Files of an image archive itself."""

IMAGE_NESTING = 8
"""Indexes inside indexes."""

IMAGES = 1000
"""Images in one archive."""

QUANTITY = 64
"""Characters of a Kubernetes quantity, such as "1.5Gi"."""

KUBERNETES_MANIFEST = 2 * MIB
"""Characters of a file of Kubernetes manifests, read as YAML: some seconds for each million."""

RECORDED_CASE = 100_000
"""Seconds that a recorded case of Kubernetes' controllers runs for."""

RECORDED_SECONDS = 10**7
"""Seconds that a step of a Kubernetes recording takes."""

RECORDED_PODS = 5_000
"""Pods of one controller in a Kubernetes recording."""

RECORDED_NODES = 5_000
"""Nodes of a cluster in a Kubernetes recording that says how many there are, and nothing of each."""

RECORDED_PODS_MADE = 20_000
"""Pods that are made in the course of one case of a Kubernetes recording: some minutes."""

SWARM_CASES = 10_000
"""Cases of a recording of swarm services."""

SWARM_ENTRIES = 10_000
"""Entries of one list or object of such a recording."""

SWARM_DEPTH = 30
"""Levels that a service's description in it is nested."""

SWARM_SECONDS = 86_400
"""Seconds that one of its cases lasts, and that anything in it takes."""

SWARM_COMMANDS = 1_000
"""Commands of one of its cases."""

SWARM_TASKS = 2_000
"""Tasks that one of its cases makes, and replicas that it asks for."""

SWARM_EVENTS = 2_000_000
"""Events that all of its cases take together: half a minute."""

SWARM_PREFERENCES = 20
"""Placement preferences of a service in it, each a level of the division of the nodes."""
COMPOSE_FILES = 1_000
"""Files that one compose project reads: what it includes, extends and takes variables from, each time it is read."""

COMPOSE_TEXT = 8 * MIB
"""Characters of all of them."""

COMPOSE_CHAIN = 100
"""Services that one extends, each by way of the next."""

COMPOSE_VALUES = 300_000
"""Values of all of a project's files, what services take over from those they extend written out."""

COMPOSE_CONTAINERS = 2_000
"""Containers of a compose project that is brought up."""

COMPOSE_WATCHED = 86_400
"""Simulated seconds that `docker compose up` may take: probes go on all the while, of each service up to twenty a
second."""

COMPOSE_CHANGED = 30
"""Services of a project that are changed, each alone, to tell what a change would save: seconds of work."""

LOAD_FILE = 4 * MIB
"""Bytes of a CSV file of a load over time."""

LOAD_POINTS = 100_000
"""Points of a load over time: one a second for more than a day."""

LOAD_RATE = 10**9
"""Requests a second of a load."""

TRAFFIC_BINS = 100_000
"""Bins that served traffic is told in."""

WORKERS = 1_024
"""Workers of one replica, each with one request at a time."""

WORKER_QUEUE = 100_000
"""Requests that wait in one replica. Linux queues 4,096 connections of a socket (net.core.somaxconn), if asked to."""

LIVE_FILES = 32 * MIB
"""Bytes of all files that a scenario names and a live page carries."""

LIVE_WAITING = 8
"""Readers of a dashboard for whom a live page is made, or who wait for one. Each takes one of the server's threads."""

REGISTRY_CASES = 10_000
"""Cases of a recording of registry traffic."""

REGISTRY_COMMANDS = 100
"""Commands of one of its cases."""

REGISTRY_LAYERS = 200
"""Layers of an image in it. An image of overlay2 has at most 127."""

REGISTRY_STEPS = 2_000_000
"""Names and layers that all of its cases look at together, each time that an image is looked for: some seconds."""

REGISTRY_REQUESTS = 1_000
"""Connections that are cut in one of its cases."""
