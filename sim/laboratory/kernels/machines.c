/* Times how long the end of a virtual machine takes in the kernel, alone and among others that end.
 *
 * It is the guest's only process (/init of an initramfs), which loads the modules in /modules and switches the machine
 * off in the end. It can also be run by hand on a host with /dev/kvm. Its machines have memory and a vCPU, and run
 * nothing. They differ by what their monitors ask of KVM: nothing else, or an interrupt controller and a timer (PIT) in
 * the kernel, or also eventfds that raise interrupts (irqfd).
 *
 * A line is: M <kind> <in flight> <machines> <min> <p10> <median> <p90> <max>, in microseconds from exit to wait.
 *
 * Build: gcc -O2 -static -o init machines.c
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MEMORY (256UL << 20)
#define LIFE 150000 /* microseconds that a machine is there */
#define MOST 800

static const struct { const char *name; int vm, pit, irqfds; } KINDS[] = {
	{"process", 0, 0, 0}, {"plain", 1, 0, 0}, {"pit", 1, 1, 0}, {"irqfd", 1, 1, 2},
};
static const int AT_ONCE[][2] = {{1, 60}, {10, 300}, {50, 600}, {100, 800}};

static long *exits; /* when each called _exit */

static long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

static int must(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		_exit(1);
	}
	return result;
}

static void machine(int number, int kind)
{
	void *memory = mmap(0, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (KINDS[kind].vm) {
		int vm = must(ioctl(must(open("/dev/kvm", O_RDWR), "/dev/kvm"), KVM_CREATE_VM, 0), "KVM_CREATE_VM");
		struct kvm_userspace_memory_region region = {.memory_size = MEMORY, .userspace_addr = (unsigned long)memory};
		must(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
		if (KINDS[kind].pit) {
			struct kvm_pit_config timer = {0};
			must(ioctl(vm, KVM_CREATE_IRQCHIP), "KVM_CREATE_IRQCHIP");
			must(ioctl(vm, KVM_CREATE_PIT2, &timer), "KVM_CREATE_PIT2");
		}
		for (int line = 0; line < KINDS[kind].irqfds; line++) {
			struct kvm_irqfd raised = {.fd = eventfd(0, 0), .gsi = 5 + line};
			must(ioctl(vm, KVM_IRQFD, &raised), "KVM_IRQFD");
		}
		must(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
	}
	usleep(LIFE);
	exits[number] = now();
	_exit(0);
}

static int earlier(const void *a, const void *b) { return *(long *)a < *(long *)b ? -1 : *(long *)a > *(long *)b; }

static void probe(int kind, int at_once, int count)
{
	static pid_t pids[MOST];
	static long took[MOST];
	for (int started = 0, ended = 0; ended < count; ended++) {
		for (; started < count && started - ended < at_once; started++)
			if (!(pids[started] = must(fork(), "fork")))
				machine(started, kind);
		pid_t gone = wait(NULL);
		long when = now();
		for (int number = 0; number < started; number++)
			if (pids[number] == gone)
				took[number] = when - exits[number];
		if (at_once == 1)
			usleep(LIFE / 3);
	}
	qsort(took, count, sizeof *took, earlier);
	printf("M %s %d %d %ld %ld %ld %ld %ld\n", KINDS[kind].name, at_once, count, took[0], took[count / 10],
	       took[count / 2], took[count * 9 / 10], took[count - 1]);
	fflush(stdout);
}

static void load_modules(void)
{
	struct dirent **files;
	char path[300];
	int count = scandir("/modules", &files, 0, alphasort);
	for (int index = 0; index < count; index++)
		if (files[index]->d_name[0] != '.') {
			snprintf(path, sizeof path, "/modules/%s", files[index]->d_name);
			if (syscall(SYS_finit_module, open(path, O_RDONLY), "", 0))
				perror(path);
		}
}

int main(void)
{
	int is_init = getpid() == 1;
	if (is_init) {
		mkdir("/dev", 0755);
		mount("dev", "/dev", "devtmpfs", 0, 0);
		load_modules();
		sleep(1);
	}
	exits = mmap(0, MOST * sizeof *exits, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (unsigned kind = 0; kind < sizeof KINDS / sizeof *KINDS; kind++)
		for (unsigned row = 0; row < sizeof AT_ONCE / sizeof *AT_ONCE; row++) {
			probe(kind, AT_ONCE[row][0], AT_ONCE[row][1]);
			sleep(1);
		}
	printf("END\n");
	fflush(stdout);
	if (is_init)
		reboot(RB_POWER_OFF);
	return 0;
}
