/* Times, inside a guest, what a kernel does when containers start and end, and prints one line a probe.
 *
 * It is the guest's only process (/init of an initramfs): it loads the modules it finds in /modules, mounts what it
 * needs, runs the probes, and switches the machine off. PROBE on the kernel's command line says which: "v1" those of
 * control groups of version 1, "netfilter" those of network namespaces, "v2" all others and network namespaces too. It
 * judges nothing: see results.py.
 *
 * A line is: R <probe> <at once> <repetitions> <min> <p10> <median> <mean> <makespan> <CPU>, times in nanoseconds. The first
 * four times are of one operation, the makespan is from the common start to the end of the last (median over
 * repetitions), CPU is the median that the calling thread spent itself.
 *
 * Build: gcc -O2 -static -o init probe.c
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
#define MEMBARRIER_GLOBAL 1 /* waits for one RCU grace period */
#define MOST 100            /* processes at once */
#define SAMPLES 4000

typedef void (*step)(int worker);

static struct { int64_t begun[MOST], ended[MOST], cpu[MOST], failed[MOST]; } *shared;

/* ---- time and statistics ---- */

static int64_t clock_ns(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}
static int64_t now(void) { return clock_ns(CLOCK_MONOTONIC); }

static void rest_us(int64_t us)
{
	struct timespec t = {us / 1000000, us % 1000000 * 1000};
	while (nanosleep(&t, &t) && errno == EINTR)
		;
}
static void rest(int64_t ms) { rest_us(ms * 1000); }

/* Repetitions begin at different distances from a tick (of 1 to 4 ms), as they would on a real host. */
static void drift(int repetition) { rest_us(repetition * 370 % 4000); }

static int ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static int64_t median(int64_t *v, int n)
{
	qsort(v, n, sizeof *v, ascending);
	return v[n / 2];
}

static void report(const char *probe, int k, int64_t *v, int n, int64_t makespan, int64_t cpu)
{
	int64_t sum = 0;
	for (int i = 0; i < n; i++)
		sum += v[i];
	qsort(v, n, sizeof *v, ascending);
	printf("R %s %d %d %lld %lld %lld %lld %lld %lld\n", probe, k, n / k, (long long)v[0], (long long)v[n / 10],
	       (long long)v[n / 2], (long long)(sum / n), (long long)makespan, (long long)cpu);
	fflush(stdout);
}

static void lost(const char *probe, int code)
{
	printf("LOST %s: %s\n", probe, strerror(code));
	fflush(stdout);
}

/* ---- k processes that do one thing at once ---- */

static int failure; /* errno of a step's last error, 0 if none */

static void must(long result)
{
	if (result < 0)
		failure = result == -1 ? errno : (int)-result;
}

static void token(int fd) { if (write(fd, "x", 1) != 1) _exit(3); }
static void tokens(int fd, int n) { char c; while (n && read(fd, &c, 1) == 1) n--; }
static void wait_for_end(int fd) { char c; while (read(fd, &c, 1) > 0) ; }

static void worker(int w, int *ready, int *go, int *done, int *end, step prepare, step act, step undo)
{
	close(go[1]);
	close(end[1]);
	if (prepare)
		prepare(w);
	token(ready[1]);
	wait_for_end(go[0]);
	int64_t cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	shared->begun[w] = now();
	act(w);
	shared->ended[w] = now();
	shared->cpu[w] = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	shared->failed[w] = failure;
	token(done[1]);
	wait_for_end(end[0]);
	if (undo)
		undo(w);
	_exit(0);
}

/* Latency is a process's own where it is alone; of k at once it counts from the common start. */
static void at_once(const char *probe, int k, int reps, int calm_ms, step prepare, step act, step undo)
{
	static int64_t took[SAMPLES], cpu[SAMPLES], spans[SAMPLES];
	int n = 0;
	for (int rep = 0; rep < reps; rep++) {
		int ready[2], go[2], done[2], end[2];
		must(pipe(ready)), must(pipe(go)), must(pipe(done)), must(pipe(end));
		for (int w = 0; w < k; w++)
			if (!fork())
				worker(w, ready, go, done, end, prepare, act, undo);
		close(go[0]), close(end[0]);
		tokens(ready[0], k);
		rest(calm_ms);
		drift(rep);
		int64_t start = now(), last = 0;
		close(go[1]);
		tokens(done[0], k);
		for (int w = 0; w < k; w++, n++) {
			if (shared->failed[w]) {
				lost(probe, shared->failed[w]);
				reps = 0;
			}
			took[n] = shared->ended[w] - (k == 1 ? shared->begun[w] : start);
			cpu[n] = shared->cpu[w];
			last = shared->ended[w] > last ? shared->ended[w] : last;
		}
		spans[rep] = last - (k == 1 ? shared->begun[0] : start);
		close(end[1]);
		while (wait(NULL) > 0)
			;
		close(ready[0]), close(ready[1]), close(done[0]), close(done[1]);
		rest(k == MOST ? 20000 : 500);
	}
	if (reps)
		report(probe, k, took, n, median(spans, reps), median(cpu, n));
}

/* ---- rtnetlink ---- */

struct request { struct nlmsghdr head; struct ifinfomsg link; char rest[512]; };

static struct request request(int type, int flags, const char *name)
{
	struct request r = {.head = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)), .nlmsg_type = type,
				     .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags}};
	if (name)
		r.link.ifi_index = if_nametoindex(name);
	return r;
}

static struct rtattr *attribute(struct request *r, int type, const void *data, int length)
{
	struct rtattr *a = (void *)((char *)r + NLMSG_ALIGN(r->head.nlmsg_len));
	a->rta_type = type;
	a->rta_len = RTA_LENGTH(length);
	if (length)
		memcpy(RTA_DATA(a), data, length);
	r->head.nlmsg_len = NLMSG_ALIGN(r->head.nlmsg_len) + RTA_ALIGN(a->rta_len);
	return a;
}
static void name_it(struct request *r, int type, const char *s) { attribute(r, type, s, strlen(s) + 1); }
static void close_nest(struct request *r, struct rtattr *a) { a->rta_len = (char *)r + r->head.nlmsg_len - (char *)a; }

static int netlink(int groups)
{
	struct sockaddr_nl me = {.nl_family = AF_NETLINK, .nl_groups = groups};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), size = 1 << 24;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
	must(bind(fd, (void *)&me, sizeof me));
	return fd;
}

static void ask(int fd, struct request *r)
{
	struct { struct nlmsghdr head; struct nlmsgerr answer; char rest[600]; } reply;
	must(send(fd, r, r->head.nlmsg_len, 0));
	must(recv(fd, &reply, sizeof reply, 0));
	if (reply.head.nlmsg_type == NLMSG_ERROR)
		must(reply.answer.error);
}

static void add_veth(int fd, const char *name, const char *peer, pid_t peer_namespace)
{
	struct request r = request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, NULL);
	struct ifinfomsg none = {0};
	name_it(&r, IFLA_IFNAME, name);
	struct rtattr *info = attribute(&r, IFLA_LINKINFO, NULL, 0);
	name_it(&r, IFLA_INFO_KIND, "veth");
	struct rtattr *data = attribute(&r, IFLA_INFO_DATA, NULL, 0);
	struct rtattr *other = attribute(&r, VETH_INFO_PEER, &none, sizeof none);
	name_it(&r, IFLA_IFNAME, peer);
	if (peer_namespace)
		attribute(&r, IFLA_NET_NS_PID, &peer_namespace, 4);
	close_nest(&r, other), close_nest(&r, data), close_nest(&r, info);
	ask(fd, &r);
}

static void add_bridge(int fd, const char *name)
{
	struct request r = request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, NULL);
	name_it(&r, IFLA_IFNAME, name);
	struct rtattr *info = attribute(&r, IFLA_LINKINFO, NULL, 0);
	name_it(&r, IFLA_INFO_KIND, "bridge");
	close_nest(&r, info);
	ask(fd, &r);
}

static void move(int fd, const char *name, pid_t namespace)
{
	struct request r = request(RTM_SETLINK, 0, name);
	attribute(&r, IFLA_NET_NS_PID, &namespace, 4);
	ask(fd, &r);
}

static void remove_link(int fd, const char *name)
{
	struct request r = request(RTM_DELLINK, 0, name);
	ask(fd, &r);
}

static void attach(int fd, const char *name, const char *bridge)
{
	struct request r = request(RTM_SETLINK, 0, name);
	int index = if_nametoindex(bridge);
	attribute(&r, IFLA_MASTER, &index, 4);
	ask(fd, &r);
}

static void up(int fd, const char *name)
{
	struct request r = request(RTM_SETLINK, 0, name);
	r.link.ifi_flags = r.link.ifi_change = IFF_UP;
	ask(fd, &r);
}

/* ---- small helpers ---- */

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	must(fd);
	must(write(fd, text, strlen(text)));
	close(fd);
}

static void enter(int flags)
{
	must(unshare(flags));
}

static pid_t namespace_holder(void)
{
	int ready[2];
	must(pipe(ready));
	pid_t pid = fork();
	if (!pid) {
		enter(CLONE_NEWNET);
		put("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
		token(ready[1]);
		pause();
		_exit(0);
	}
	tokens(ready[0], 1);
	close(ready[0]), close(ready[1]);
	return pid;
}

/* ---- calibration: what is known of real hosts ---- */

static void fork_exit(int w) { pid_t p = fork(); if (!p) _exit(0); waitpid(p, NULL, 0); }
static void fork_exec(int w)
{
	char *argv[] = {"/init", "exit", NULL}, *none[] = {NULL};
	pid_t p = fork();
	if (!p) {
		execve("/init", argv, none);
		_exit(1);
	}
	waitpid(p, NULL, 0);
}
static void page_faults(int w)
{
	char *m = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(m, 4 << 20, MADV_NOHUGEPAGE);
	for (int i = 0; i < 1024; i++)
		m[i << 12] = 1;
}
static void getppids(int w) { for (int i = 0; i < 1000; i++) syscall(SYS_getppid); }
static void grace_period(int w) { must(syscall(SYS_membarrier, MEMBARRIER_GLOBAL, 0)); }

static void calibration(void)
{
	at_once("getppid_1000_times", 1, 10, 5, NULL, getppids, NULL);
	at_once("page_fault_1024_times", 1, 10, 5, NULL, page_faults, NULL);
	at_once("fork_exit", 1, 20, 5, NULL, fork_exit, NULL);
	at_once("fork_exec_exit", 1, 20, 5, NULL, fork_exec, NULL);
	at_once("rcu_grace_period", 1, 20, 53, NULL, grace_period, NULL);
	at_once("rcu_grace_period", 10, 5, 53, NULL, grace_period, NULL);
}

/* ---- namespaces ---- */

static int all_flags = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWUSER |
		       CLONE_NEWCGROUP | CLONE_NEWTIME;

static void new_net(int w) { enter(CLONE_NEWNET); }
static void new_mount(int w) { enter(CLONE_NEWNS); }
static void new_pid_and_mount(int w) { enter(CLONE_NEWPID | CLONE_NEWNS); }
static void new_all(int w) { enter(all_flags); }

/* Ten namespaces made and ended one after the other, so that making one meets the clean-up of those before it. */
static void ten_lives(int w)
{
	for (int i = 0; i < 10; i++) {
		pid_t p = fork();
		if (!p) {
			enter(CLONE_NEWNET);
			_exit(0);
		}
		waitpid(p, NULL, 0);
	}
}

static void without_unknown(int flag)
{
	int status;
	pid_t p = fork();
	if (!p)
		_exit(unshare(flag) != 0);
	waitpid(p, &status, 0);
	if (status)
		all_flags &= ~flag;
}

static void namespaces(void)
{
	at_once("unshare_net", 1, 20, 50, NULL, new_net, NULL);
	at_once("unshare_net", 10, 5, 50, NULL, new_net, NULL);
	at_once("unshare_net", 100, 2, 50, NULL, new_net, NULL);
	at_once("ten_network_namespace_lives", 1, 4, 3000, NULL, ten_lives, NULL);
	at_once("ten_network_namespace_lives", 10, 2, 10000, NULL, ten_lives, NULL);
	without_unknown(CLONE_NEWCGROUP);
	without_unknown(CLONE_NEWTIME);
	printf("FLAGS cgroup %d time %d\n", !!(all_flags & CLONE_NEWCGROUP), !!(all_flags & CLONE_NEWTIME));
	at_once("unshare_all", 1, 20, 50, NULL, new_all, NULL);
	at_once("unshare_all", 10, 5, 50, NULL, new_all, NULL);
	at_once("unshare_pid_mount", 1, 20, 50, NULL, new_pid_and_mount, NULL);
}

/* ---- the end of network namespaces, each with one end of a veth pair whose other end is the host's ---- */

#define LIMIT "/proc/sys/user/max_net_namespaces"

enum watch { PEER, COUNT, CREATE, LINK };

static void dying(int w)
{
	char mine[16], host[16];
	snprintf(mine, sizeof mine, "c%d", w);
	snprintf(host, sizeof host, "h%d", w);
	enter(CLONE_NEWNET);
	int fd = netlink(0);
	add_veth(fd, mine, host, 1);
	up(fd, mine);
	close(fd);
	if (failure)
		lost("dying", failure);
}

/* How long until the host's ends are deleted or the kernel no longer counts the namespaces; or how long a new namespace
 * takes that is asked for shortly after the end, or the slowest of many link requests. */
static int64_t until(enum watch what, int k, int64_t start, int events)
{
	if (what == PEER) {
		static char buffer[1 << 16];
		for (int seen = 0; seen < k;) {
			int length = recv(events, buffer, sizeof buffer, 0);
			for (struct nlmsghdr *h = (void *)buffer; NLMSG_OK(h, length); h = NLMSG_NEXT(h, length)) {
				struct ifinfomsg *link = NLMSG_DATA(h);
				seen += h->nlmsg_type == RTM_DELLINK && link->ifi_family == AF_UNSPEC;
			}
		}
		return now() - start;
	}
	if (what == COUNT) {
		while (unshare(CLONE_NEWNET))
			rest(1);
		return now() - start;
	}
	if (what == CREATE) {
		rest(k == 1 ? 2 : 50);
		int64_t begun = now();
		enter(CLONE_NEWNET);
		return now() - begun;
	}
	int64_t worst = 0;
	while (now() < start + (k == 1 ? 300 : 4000) * 1000000LL) {
		int64_t begun = now();
		up(events, "lo");
		if (now() - begun > worst)
			worst = now() - begun;
		rest_us(k == 1 ? 100 : 400);
	}
	return worst;
}

static void end_of_namespaces(const char *probe, enum watch what, int k, int reps)
{
	int64_t took[16], cpu[16];
	for (int rep = 0; rep < reps; rep++) {
		int ready[2], end[2], watching[2], finished[2];
		must(pipe(ready)), must(pipe(end)), must(pipe(watching)), must(pipe(finished));
		for (int w = 0; w < k; w++)
			if (!fork()) {
				close(end[1]);
				dying(w);
				token(ready[1]);
				wait_for_end(end[0]);
				_exit(0);
			}
		tokens(ready[0], k);
		rest(3000);
		if (!fork()) {
			close(end[1]);
			int events = netlink(what == PEER ? RTMGRP_LINK : 0);
			token(watching[1]);
			wait_for_end(end[0]);
			int64_t t = clock_ns(CLOCK_THREAD_CPUTIME_ID);
			shared->ended[0] = until(what, k, shared->begun[0], events);
			shared->cpu[0] = clock_ns(CLOCK_THREAD_CPUTIME_ID) - t;
			token(finished[1]);
			_exit(0);
		}
		tokens(watching[0], 1);
		close(end[0]);
		if (what == COUNT)
			put(LIMIT, "1");
		rest(50);
		drift(rep * 3);
		shared->begun[0] = now();
		close(end[1]);
		tokens(finished[0], 1);
		while (wait(NULL) > 0)
			;
		took[rep] = shared->ended[0];
		cpu[rep] = shared->cpu[0];
		close(ready[0]), close(ready[1]), close(watching[0]), close(watching[1]), close(finished[0]), close(finished[1]);
		rest(k == 1 ? 3000 : 30000);
		if (what == COUNT)
			put(LIMIT, "1000");
	}
	int64_t m = median(took, reps);
	char name[64];
	snprintf(name, sizeof name, "%s_of_%d", probe, k);
	report(name, 1, took, reps, m, median(cpu, reps));
}

static void ends(void)
{
	for (int k = 1; k <= MOST; k *= 10) {
		int reps = k == 1 ? 5 : 2;
		end_of_namespaces("netns_end_to_peer_deleted", PEER, k, reps);
		if (!access(LIMIT, W_OK))
			end_of_namespaces("netns_end_to_gone", COUNT, k, reps);
		end_of_namespaces("unshare_net_after_end", CREATE, k, reps);
		end_of_namespaces("slowest_rtnl_request_after_end", LINK, k, reps);
	}
}

/* ---- veth pairs ---- */

static int links;
static pid_t holder;
static char mine[16], theirs[16];

static void with_namespace(int w)
{
	snprintf(mine, sizeof mine, "v%d", w);
	snprintf(theirs, sizeof theirs, "p%d", w);
	links = netlink(0);
	holder = namespace_holder();
}
static void veth_same(int w) { add_veth(links, mine, theirs, 0); }
static void veth_direct(int w) { add_veth(links, mine, theirs, holder); }
static void veth_move(int w) { move(links, theirs, holder); }
static void veth_delete(int w) { remove_link(links, mine); }
static void veth_add_then_move(int w) { veth_same(w); veth_move(w); }
static void with_pair(int w) { with_namespace(w); veth_same(w); }
static void with_pair_apart(int w) { with_namespace(w); veth_direct(w); }
static void drop_all(int w)
{
	remove_link(links, mine);
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
}

static void veths(void)
{
	static const struct { const char *probe; step prepare, act; } ways[] = {
		{"veth_same_namespace", with_namespace, veth_same},
		{"veth_direct", with_namespace, veth_direct},
		{"veth_move", with_pair, veth_move},
		{"veth_create_then_move", with_namespace, veth_add_then_move},
		{"veth_delete", with_pair_apart, veth_delete},
	};
	for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++) {
		at_once(ways[i].probe, 1, 10, 500, ways[i].prepare, ways[i].act, drop_all);
		at_once(ways[i].probe, 10, 3, 2000, ways[i].prepare, ways[i].act, drop_all);
	}
}

/* ---- ports of a bridge: both ends of each pair are up, the far ends in one other namespace ---- */

static void ports(void)
{
	static const int marks[] = {0, 100, 300, 600, 1000};
	int64_t attached[10], raised[10];
	int host = netlink(0), mark = 0, home = open("/proc/self/ns/net", O_RDONLY);
	pid_t other = namespace_holder();
	char path[64], near[16], far[16], probe[64];
	failure = 0;
	add_bridge(host, "br0");
	up(host, "br0");
	snprintf(path, sizeof path, "/proc/%d/ns/net", other);
	must(setns(open(path, O_RDONLY), CLONE_NEWNET));
	int there = netlink(0);
	must(setns(home, CLONE_NEWNET));
	for (int port = 0; port < 1010; port++) {
		snprintf(near, sizeof near, "b%d", port);
		snprintf(far, sizeof far, "f%d", port);
		add_veth(host, near, far, other);
		must(setns(open(path, O_RDONLY | O_CLOEXEC), CLONE_NEWNET));
		up(there, far);
		must(setns(home, CLONE_NEWNET));
		int64_t a = now();
		attach(host, near, "br0");
		int64_t b = now();
		up(host, near);
		int64_t c = now();
		int i = port - marks[mark];
		if (i >= 0) {
			attached[i] = b - a;
			raised[i] = c - b;
		}
		if (i == 9) {
			snprintf(probe, sizeof probe, "bridge_attach_at_%d", marks[mark]);
			report(probe, 1, attached, 10, attached[5], 0);
			snprintf(probe, sizeof probe, "bridge_port_up_at_%d", marks[mark++]);
			report(probe, 1, raised, 10, raised[5], 0);
		}
	}
	if (failure)
		lost("bridge", failure);
	remove_link(host, "br0");
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	rest(60000);
}

/* ---- mounts ---- */

static void one_mount(int number)
{
	char path[32];
	snprintf(path, sizeof path, "/m/%d", number);
	mkdir(path, 0755);
	must(mount("/sys", path, NULL, MS_BIND, NULL));
}

static void tmpfs(int w) { must(mount("none", "/t", "tmpfs", 0, NULL)); }
static void in_own_tmpfs(int w) { new_mount(w); tmpfs(w); }
static void no_tmpfs(int w) { must(umount2("/t", 0)); }
static void end_mount_copy(int w)
{
	pid_t p = fork();
	if (!p) {
		new_mount(w);
		_exit(0);
	}
	waitpid(p, NULL, 0);
}

static void overlay(int lower, int w)
{
	char options[2048] = "lowerdir=";
	for (int i = 0; i < lower; i++)
		sprintf(options + strlen(options), "%s/o/l%d", i ? ":" : "", i);
	sprintf(options + strlen(options), ",upperdir=/o/up%d,workdir=/o/work%d", w, w);
	must(mount("overlay", "/o/merged", "overlay", 0, options));
}
static void overlay_1(int w) { overlay(1, w); }
static void overlay_20(int w) { overlay(20, w); }
static void with_overlay(int w) { new_mount(w); overlay(1, w); }
static void no_overlay(int w) { must(umount2("/o/merged", 0)); }
static void leave_overlay(int w) { umount2("/o/merged", 0); }

static void mounts(void)
{
	static const int marks[] = {30, 500, 2000};
	char probe[64], path[32];
	int there = 0;
	mkdir("/m", 0755), mkdir("/t", 0755), mkdir("/o", 0755);
	must(mount("none", "/o", "tmpfs", 0, NULL));
	for (int i = 0; i < 20; i++) {
		sprintf(path, "/o/l%d", i), mkdir(path, 0755);
		sprintf(path, "/o/up%d", i), mkdir(path, 0755);
		sprintf(path, "/o/work%d", i), mkdir(path, 0755);
	}
	mkdir("/o/merged", 0755);
	at_once("mount_tmpfs", 1, 15, 50, new_mount, tmpfs, NULL);
	at_once("umount_tmpfs", 1, 15, 50, in_own_tmpfs, no_tmpfs, NULL);
	at_once("overlay_mount_1", 1, 10, 50, new_mount, overlay_1, leave_overlay);
	at_once("overlay_mount_20", 1, 10, 50, new_mount, overlay_20, leave_overlay);
	at_once("overlay_mount_20", 10, 3, 50, new_mount, overlay_20, leave_overlay);
	at_once("overlay_umount", 1, 10, 50, with_overlay, no_overlay, NULL);
	must(mount("none", "/m", "tmpfs", 0, NULL));
	FILE *table = fopen("/proc/self/mounts", "r");
	for (int c; (c = fgetc(table)) != EOF;)
		there += c == '\n';
	fclose(table);
	for (int i = 0; i < 3; i++) {
		for (; there < marks[i]; there++)
			one_mount(there);
		must(mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL));
		snprintf(probe, sizeof probe, "unshare_private_mount_at_%d", marks[i]);
		at_once(probe, 1, 6, 50, NULL, new_mount, NULL);
		must(mount(NULL, "/", NULL, MS_SHARED | MS_REC, NULL)); /* as systemd has it */
		snprintf(probe, sizeof probe, "unshare_mount_at_%d", marks[i]);
		at_once(probe, 1, 6, 50, NULL, new_mount, NULL);
		if (marks[i] <= 500)
			at_once(probe, 10, 2, 50, NULL, new_mount, NULL);
		snprintf(probe, sizeof probe, "mount_namespace_life_at_%d", marks[i]);
		at_once(probe, 1, 4, 50, NULL, end_mount_copy, NULL);
	}
}

/* ---- control groups ---- */

static char trees[16][64]; /* mount points of the hierarchies */
static int hierarchies;

static void group_path(char *path, int tree, int w, const char *file)
{
	sprintf(path, "%s/g%d%s", trees[tree], w, file);
}
static void make_groups(int w)
{
	char path[128];
	for (int i = 0; i < hierarchies; i++) {
		group_path(path, i, w, "");
		must(mkdir(path, 0755));
	}
}
static void attach_self(int w)
{
	char path[128];
	for (int i = 0; i < hierarchies; i++) {
		group_path(path, i, w, "/cgroup.procs");
		put(path, "0");
	}
}
static void drop_groups(int w)
{
	char path[128];
	for (int i = 0; i < hierarchies; i++) {
		sprintf(path, "%s/cgroup.procs", trees[i]);
		put(path, "0");
		group_path(path, i, w, "");
		rmdir(path);
	}
}
static void attach_after_gaps(const char *variant, const char *tree)
{
	static const int gaps[] = {0, 5, 10, 15, 20, 50, 200};
	char path[2][128], text[16], probe[64];
	int64_t took[20];
	pid_t pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	snprintf(text, sizeof text, "%d", pid);
	for (int i = 0; i < 2; i++) {
		sprintf(path[i], "%s/a%d", tree, i);
		must(mkdir(path[i], 0755));
		strcat(path[i], "/cgroup.procs");
	}
	for (unsigned g = 0; g < sizeof gaps / sizeof *gaps; g++) {
		failure = 0;
		put(path[1], text);
		for (int i = 0; i < 20; i++) {
			if (gaps[g])
				rest(gaps[g]);
			if (gaps[g] >= 50)
				drift(i);
			int64_t begun = now();
			put(path[i % 2], text);
			took[i] = now() - begun;
		}
		snprintf(probe, sizeof probe, "cgroup_%s_attach_after_%d_ms", variant, gaps[g]);
		if (failure)
			lost(probe, failure);
		else
			report(probe, 1, took, 20, median(took, 20), 0);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	rest(100);
	for (int i = 0; i < 2; i++) {
		*strrchr(path[i], '/') = 0;
		rmdir(path[i]);
	}
}

static int group_fd;
static void with_group_fd(int w)
{
	char path[128];
	make_groups(w);
	group_path(path, 0, w, "");
	group_fd = open(path, O_RDONLY | O_DIRECTORY);
}
static void clone_into_group(int w)
{
	uint64_t args[11] = {[0] = 0x200000000ULL /* CLONE_INTO_CGROUP */, [4] = SIGCHLD, [10] = group_fd};
	long pid = syscall(435 /* clone3 */, args, sizeof args);
	must(pid);
	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
}

static void version_2(void)
{
	mkdir("/cg", 0755);
	if (mount("none", "/cg", "cgroup2", 0, NULL) && mount("none", "/cg", "cgroup", 0, "__DEVEL__sane_behavior")) {
		lost("cgroup2", errno);
		return;
	}
	static const char *controllers[] = {"+cpu", "+cpuset", "+io", "+memory", "+pids", "+hugetlb"};
	for (unsigned i = 0; i < sizeof controllers / sizeof *controllers; i++)
		put("/cg/cgroup.subtree_control", controllers[i]);
	char enabled[128] = "";
	int fd = open("/cg/cgroup.subtree_control", O_RDONLY);
	must(read(fd, enabled, sizeof enabled - 1));
	close(fd);
	printf("CONTROLLERS %s", enabled);
	failure = 0;
	strcpy(trees[0], "/cg");
	hierarchies = 1;
	at_once("cgroup_v2_mkdir", 1, 20, 50, NULL, make_groups, drop_groups);
	at_once("cgroup_v2_mkdir", 10, 3, 50, NULL, make_groups, drop_groups);
	at_once("cgroup_v2_attach_quiet", 1, 10, 500, make_groups, attach_self, drop_groups);
	at_once("cgroup_v2_attach_quiet", 10, 3, 500, make_groups, attach_self, drop_groups);
	attach_after_gaps("v2", "/cg");
	at_once("cgroup_v2_clone_into", 1, 10, 500, with_group_fd, clone_into_group, drop_groups);
	if (mount("none", "/cg", "cgroup2", MS_REMOUNT, "favordynmods"))
		lost("cgroup2 favordynmods", errno);
	else {
		attach_after_gaps("v2_favordynmods", "/cg");
		at_once("cgroup_v2_favordynmods_attach_quiet", 10, 3, 500, make_groups, attach_self, drop_groups);
		at_once("fork_exit_favordynmods", 1, 20, 5, NULL, fork_exit, NULL);
	}
}

static void version_1(void)
{
	static const char *wanted[] = {"pids", "cpu,cpuacct", "memory", "cpuset", "devices", "freezer", "blkio",
				       "net_cls,net_prio", "perf_event", "hugetlb"};
	char path[128];
	mkdir("/cg1", 0755);
	must(mount("none", "/cg1", "tmpfs", 0, NULL));
	printf("HIERARCHIES");
	for (unsigned i = 0; i < sizeof wanted / sizeof *wanted && hierarchies < 8; i++) {
		sprintf(trees[hierarchies], "/cg1/%s", wanted[i]);
		mkdir(trees[hierarchies], 0755);
		if (!mount("none", trees[hierarchies], "cgroup", 0, wanted[i])) {
			if (!strcmp(wanted[i], "cpuset")) {
				sprintf(path, "%s/cgroup.clone_children", trees[hierarchies]);
				put(path, "1");
			}
			printf(" %s", wanted[i]);
			hierarchies++;
		}
	}
	printf("\n");
	failure = 0;
	if (!hierarchies)
		return;
	int many = hierarchies;
	char name[64];
	for (int i = 0; i < 2; i++, hierarchies = 1) {
		snprintf(name, sizeof name, "cgroup_v1_mkdir_in_%d", hierarchies);
		at_once(name, 1, 20, 50, NULL, make_groups, drop_groups);
		at_once(name, 10, 3, 50, NULL, make_groups, drop_groups);
		snprintf(name, sizeof name, "cgroup_v1_attach_quiet_in_%d", hierarchies);
		at_once(name, 1, 10, 500, make_groups, attach_self, drop_groups);
		at_once(name, 10, 3, 500, make_groups, attach_self, drop_groups);
	}
	hierarchies = many;
	attach_after_gaps("v1", trees[0]);
}

/* ---- device-mapper: a device that holds a target, without udev ---- */

static int control = -1;

static void dm(int w, unsigned long command, unsigned flags)
{
	struct { struct dm_ioctl head; struct dm_target_spec target; char parameters[8]; } call = {
		.head = {.version = {4, 0, 0}, .data_size = sizeof call, .data_start = sizeof call.head, .flags = flags},
		.target = {.length = 2048, .target_type = "error"}};
	snprintf(call.head.name, sizeof call.head.name, "d%d", w);
	call.head.target_count = command == DM_TABLE_LOAD;
	must(ioctl(control, command, &call));
}
static void make_device(int w) { dm(w, DM_DEV_CREATE, 0); dm(w, DM_TABLE_LOAD, 0); dm(w, DM_DEV_SUSPEND, 0); }
static void drop_device(int w) { dm(w, DM_DEV_REMOVE, 0); }

static void devices(void)
{
	control = open("/dev/mapper/control", O_RDWR);
	if (control < 0) {
		lost("device-mapper", errno);
		return;
	}
	at_once("dm_create", 1, 10, 100, NULL, make_device, drop_device);
	at_once("dm_create", 10, 3, 100, NULL, make_device, drop_device);
	at_once("dm_remove", 1, 10, 100, make_device, drop_device, NULL);
	at_once("dm_remove", 10, 3, 100, make_device, drop_device, NULL);
}

/* ---- start and end ---- */

static void vulnerabilities(void)
{
	const char *folder = "/sys/devices/system/cpu/vulnerabilities";
	struct dirent **names;
	int n = scandir(folder, &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		char path[400], line[200];
		snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
		FILE *file = names[i]->d_name[0] == '.' ? NULL : fopen(path, "r");
		if (file && fgets(line, sizeof line, file) && strncmp(line, "Not affected", 12))
			printf("CPU %s: %s", names[i]->d_name, line);
		if (file)
			fclose(file);
	}
}

static void load_modules(void)
{
	struct dirent **names;
	int n = scandir("/modules", &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		char path[300];
		if (names[i]->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "/modules/%s", names[i]->d_name);
		int fd = open(path, O_RDONLY);
		if (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST)
			lost(path, errno);
		close(fd);
	}
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return 0; /* what fork_exec starts */
	struct utsname name;
	const char *which = getenv("PROBE");
	mkdir("/proc", 0755), mkdir("/sys", 0755), mkdir("/dev", 0755);
	mount("none", "/proc", "proc", 0, NULL);
	mount("none", "/sys", "sysfs", 0, NULL);
	mount("none", "/dev", "devtmpfs", 0, NULL);
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uname(&name);
	printf("KERNEL %s\n", name.release);
	vulnerabilities();
	load_modules();
	rest(5000);
	failure = 0;
	if (which && !strcmp(which, "v1"))
		version_1();
	else if (which && !strcmp(which, "netfilter")) {
		namespaces();
		ends();
	} else {
		calibration();
		namespaces();
		veths();
		version_2();
		mounts();
		devices();
		ends();
		ports();
	}
	printf("END\n");
	fflush(stdout);
	reboot(RB_AUTOBOOT);
	return 0;
}
