/* vif/record.h: records on disk, who owns them, and who gets to change them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "support/vif.h"
#include "vif/record.h"

#define PLUG_ID       "22222222-2222-4222-8222-222222222222"
#define ID_OF_ANOTHER "33333333-3333-4333-8333-333333333333"

/* A run-time folder for each test, that is not there yet. */
struct folder {
    char base[40];
    char *rundir;
    struct vif_records *records;
};

static int set_up(void **state)
{
    struct folder *folder = mem_zalloc(sizeof *folder);

    strcpy(folder->base, "/tmp/vifplug-record.XXXXXX");
    assert_non_null(mkdtemp(folder->base));
    folder->rundir = str_printf("%s/run", folder->base);
    assert_int_equal(vif_records_open(folder->rundir, &folder->records, NULL), 0);
    *state = folder;
    return 0;
}

static void empty_folder(const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        auto_free char *file = str_printf("%s/%s", path, entry->d_name);

        unlink(file);
    }
    if (dir) {
        closedir(dir);
    }
    rmdir(path);
}

static int tear_down(void **state)
{
    struct folder *folder = *state;
    auto_free char *ports = str_printf("%s/ports", folder->rundir);

    vif_records_close(folder->records);
    empty_folder(ports);
    empty_folder(folder->rundir);
    assert_int_equal(rmdir(folder->base), 0);
    free(folder->rundir);
    free(folder);
    return 0;
}

static struct vif_record make_record(const char *name)
{
    struct vif_record record = {.state = VIF_PLUGGING, .ifindex = 12, .ofport = 3, .since = 99};
    struct vif_plan plan = drafted("<interface type='bridge'><source bridge='br0'/></interface>");

    vif_port_copy(&record.port, &plan.ports[0]);
    snprintf(record.port.name, sizeof record.port.name, "%s", name);
    strcpy(record.plug_id, PLUG_ID);
    record.remote = str_dup("unix:/db.sock");
    record.script_done = true;
    record.qemu_id = str_dup("vif-web0");
    record.qemu_bus = str_dup("rp0");
    record.qmp = str_dup("/run/qmp");
    record.of_libvirt = true;
    record.qemu_netdev = str_dup("vif-web0-n");
    record.waiting = true;
    record.changed = 100;
    record.reconnects = 4;
    record.outage_ms = 2500;
    record.outages_ms = 12000;
    record.plug_us = 31415;
    record.has_home_mac = mac_parse("02:00:00:00:00:02", &record.home_mac, NULL) == 0;
    record.home_vlan = 7;
    record.granted_name = str_dup("br0");
    record.granted_user = 1000;
    record.lower_was_down = true;
    record.vlan_was_down = true;
    record.vlan_was_missing = true;
    record.has_lower_mac = mac_parse("02:00:00:00:00:01", &record.lower_mac, NULL) == 0;
    record.before = vif_record_copy(&record);
    strcpy(record.before->port.name, "vifold12");
    record.before->lower_was_down = false;
    vif_plan_clear(&plan);
    return record;
}

static void create(struct folder *folder, struct vif_record *record)
{
    char *error = NULL;

    check_ok(vif_records_create(folder->records, record, 1, &error), &error);
}

/* Makes a file among the records. */
static void write_file(const struct folder *folder, const char *name, const char *text)
{
    auto_free char *path = str_printf("%s/ports/%s", folder->rundir, name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static size_t count_files(const struct folder *folder)
{
    auto_free char *path = str_printf("%s/ports", folder->rundir);
    DIR *dir = opendir(path);
    size_t n = 0;

    while (dir && readdir(dir)) {
        n++;
    }
    if (dir) {
        closedir(dir);
    }
    return n < 2 ? 0 : n - 2;
}

static void no_folder_is_no_records(void **state)
{
    struct folder *folder = *state;
    struct vif_record record;
    struct vif_record *all;
    char *error = NULL;
    size_t n = 7;

    check_ok(vif_records_read_all(folder->records, &all, &n, &error), &error);
    assert_int_equal(n, 0);
    assert_null(all);
    assert_int_equal(vif_records_read(folder->records, "web0", &record, &error), -ENOENT);
    assert_int_equal(vif_records_claim(folder->records, "web0", NULL, &record, &error), -ENOENT);
    assert_null(error);
    check_ok(vif_records_remove(folder->records, "web0", &error), &error);
    assert_int_not_equal(access(folder->rundir, F_OK), 0);
}

static void a_record_comes_back(void **state)
{
    struct folder *folder = *state;
    struct vif_record record = make_record("web0");
    struct vif_record back;
    struct stat st;
    char *error = NULL;

    vif_record_set_owner(&record);
    create(folder, &record);
    check_ok(vif_records_read(folder->records, "web0", &back, &error), &error);
    assert_null(vif_port_differences(&record.port, &back.port));
    assert_int_equal(back.state, VIF_PLUGGING);
    assert_string_equal(back.plug_id, PLUG_ID);
    assert_string_equal(back.remote, "unix:/db.sock");
    assert_string_equal(back.qemu_id, "vif-web0");
    assert_string_equal(back.qemu_bus, "rp0");
    assert_int_equal(back.ifindex, 12);
    assert_int_equal(back.ofport, 3);
    assert_int_equal(back.since, 99);
    assert_true(back.script_done);
    assert_string_equal(back.qmp, "/run/qmp");
    assert_true(back.of_libvirt);
    assert_string_equal(back.qemu_netdev, "vif-web0-n");
    assert_true(back.waiting);
    assert_int_equal(back.changed, 100);
    assert_int_equal(back.reconnects, 4);
    assert_int_equal(back.outage_ms, 2500);
    assert_int_equal(back.outages_ms, 12000);
    assert_int_equal(back.plug_us, 31415);
    assert_true(back.has_home_mac && mac_equal(&back.home_mac, &record.home_mac));
    assert_int_equal(back.home_vlan, 7);
    assert_string_equal(back.granted_name, "br0");
    assert_int_equal(back.granted_user, 1000);
    assert_true(back.lower_was_down && back.vlan_was_down && back.vlan_was_missing);
    assert_true(back.has_lower_mac && mac_equal(&back.lower_mac, &record.lower_mac));
    assert_string_equal(back.before->port.name, "vifold12");
    assert_string_equal(back.before->plug_id, record.plug_id);
    assert_true(back.before->vlan_was_down && !back.before->lower_was_down);
    assert_null(back.before->before);
    assert_int_equal(back.pid, getpid());
    assert_true(back.pid_start == record.pid_start && back.pid_start != 0);
    vif_record_clear(&back);

    assert_int_equal(stat(folder->rundir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0755 & ~umask(umask(0)));
    assert_int_equal(count_files(folder), 1);

    str_assign(&record.remote, NULL);
    str_assign(&record.qemu_id, NULL);
    record.state = VIF_PLUGGED;
    check_ok(vif_records_write(folder->records, &record, &error), &error);
    check_ok(vif_records_read(folder->records, "web0", &back, &error), &error);
    assert_int_equal(back.state, VIF_PLUGGED);
    assert_null(back.remote);
    assert_null(back.qemu_id);
    vif_record_clear(&back);
    assert_int_equal(count_files(folder), 1);

    check_ok(vif_records_remove(folder->records, "web0", &error), &error);
    check_ok(vif_records_remove(folder->records, "web0", &error), &error);
    assert_int_equal(count_files(folder), 0);
    vif_record_clear(&record);
}

static void creation_is_exclusive_and_all_or_none(void **state)
{
    struct folder *folder = *state;
    struct vif_record records[] = {make_record("a"), make_record("b"), make_record("c")};
    char *error = NULL;

    records[1].state = VIF_PLUGGED;
    records[1].pid = 4242;
    create(folder, &records[1]);
    check_error(vif_records_create(folder->records, records, 3, &error), -EEXIST, &error,
                "\"b\" is plugged already, by process 4242");
    assert_int_equal(count_files(folder), 1);

    /* Neither is one that cannot be read replaced. */
    check_ok(vif_records_remove(folder->records, "b", &error), &error);
    write_file(folder, "b.json", "not JSON");
    check_error(vif_records_create(folder->records, records, 3, &error), -EEXIST, &error,
                "\"b\" is known already");
    assert_int_equal(count_files(folder), 1);
    for (size_t i = 0; i < ARRAY_LEN(records); i++) {
        vif_record_clear(&records[i]);
    }
}

static void a_folder_that_cannot_be_made_is_named(void **state)
{
    struct folder *folder = *state;
    struct vif_record record = make_record("web0");
    auto_free char *nowhere = str_printf("%s/no/such", folder->base);
    struct vif_records *records;
    char *error = NULL;

    assert_int_equal(vif_records_open(nowhere, &records, NULL), 0);
    check_error(vif_records_create(records, &record, 1, &error), -ENOENT, &error,
                "cannot make the run-time folder");
    vif_records_close(records);
    vif_record_clear(&record);
}

static void all_records_are_read_sorted(void **state)
{
    static const char *const names[] = {"web1", "db0", "web0", "exactly15bytes."};
    static const char *const sorted[] = {"db0", "exactly15bytes.", "web0", "web1"};
    struct folder *folder = *state;
    struct vif_record *all;
    char *error = NULL;
    size_t n;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct vif_record record = make_record(names[i]);

        create(folder, &record);
        vif_record_clear(&record);
    }
    /* What a crash in the middle of writing leaves, and what is no record at all. */
    write_file(folder, "web0:4242", "{");
    write_file(folder, "README", "");
    write_file(folder, ".json", "");
    write_file(folder, "sixteen-bytes-00.json", "");
    check_ok(vif_records_read_all(folder->records, &all, &n, &error), &error);
    assert_int_equal(n, ARRAY_LEN(names));
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(all[i].port.name, sorted[i]);
    }
    vif_records_free(all, n);
}

/* Those of one domain, whatever the others are like. */
static void records_of_a_domain_are_found(void **state)
{
    struct folder *folder = *state;
    static const char *const domains[] = {ID_OF_ANOTHER, PLUG_ID, ID_OF_ANOTHER, NULL};
    struct vif_record *list;
    char *error = NULL;
    size_t n;

    check_ok(vif_records_read_domain(folder->records, ID_OF_ANOTHER, &list, &n, &error), &error);
    assert_int_equal(n, 0);
    vif_records_free(list, n);
    for (size_t i = 0; i < ARRAY_LEN(domains); i++) {
        char name[] = {'w', 'e', 'b', (char)('0' + i), '\0'};
        struct vif_record record = make_record(name);

        str_assign(&record.port.domain_uuid, domains[i]);
        /* Its text holds the UUID, but it is no domain's. */
        if (!domains[i]) {
            str_assign(&record.port.alias, ID_OF_ANOTHER);
        }
        create(folder, &record);
        vif_record_clear(&record);
    }
    write_file(folder, "broken.json", "{");
    check_ok(vif_records_read_domain(folder->records, ID_OF_ANOTHER, &list, &n, &error), &error);
    assert_int_equal(n, 2);
    assert_string_equal(list[0].port.name, "web0");
    assert_string_equal(list[1].port.name, "web2");
    vif_records_free(list, n);
    write_file(folder, "broken.json", "{" ID_OF_ANOTHER);
    check_error(vif_records_read_domain(folder->records, ID_OF_ANOTHER, &list, &n, &error),
                -EBADMSG, &error, "/ports/broken.json: it is not JSON");
}

/* Those that are being plugged, whatever the others are like. */
static void records_that_are_being_plugged_are_found(void **state)
{
    struct folder *folder = *state;
    static const enum vif_state states[] = {VIF_PLUGGED, VIF_PLUGGING, VIF_UNPLUGGING, VIF_PLUGGED};
    struct vif_record *list;
    char *error = NULL;
    size_t n;

    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        char name[] = {'w', 'e', 'b', (char)('0' + i), '\0'};
        struct vif_record record = make_record(name);

        record.state = states[i];
        /* Its text holds the word, but it is no state. */
        str_assign(&record.port.domain_name, vif_state_name(VIF_PLUGGING));
        create(folder, &record);
        vif_record_clear(&record);
    }
    write_file(folder, "broken.json", "{");
    check_ok(vif_records_read_plugging(folder->records, &list, &n, &error), &error);
    assert_int_equal(n, 1);
    assert_string_equal(list[0].port.name, "web1");
    vif_records_free(list, n);
}

static void check_garbage(struct folder *folder, const char *text, const char *part)
{
    struct vif_record record;
    struct vif_record *all;
    char *error = NULL;
    size_t n;

    write_file(folder, "web0.json", text);
    check_error(vif_records_read(folder->records, "web0", &record, &error), -EBADMSG, &error, part);
    check_error(vif_records_claim(folder->records, "web0", NULL, &record, &error), -EBADMSG, &error,
                "/ports/web0.json: ");
    check_error(vif_records_read_all(folder->records, &all, &n, &error), -EBADMSG, &error, part);
}

static void garbage_is_named(void **state)
{
    struct folder *folder = *state;
    struct vif_record record = make_record("other");

    create(folder, &record);
    check_garbage(folder, "", "it is not JSON; remove it if nothing uses \"web0\"");
    check_garbage(folder, "{\"name\":", "it is not JSON");
    check_garbage(folder, "{}", "member \"name\" is missing or not what it should be");
    check_garbage(folder, "[]", "member \"name\" is missing");

    /* A record of one device under the name of another would undo the wrong one. */
    auto_free char *from = str_printf("%s/ports/other.json", folder->rundir);
    auto_free char *to = str_printf("%s/ports/web0.json", folder->rundir);
    struct vif_record back;
    char *error = NULL;

    assert_int_equal(rename(from, to), 0);
    check_error(vif_records_read(folder->records, "web0", &back, &error), -EBADMSG, &error,
                "it is the record of \"other\"");

    /* A link may lead anywhere. */
    assert_int_equal(unlink(to), 0);
    assert_int_equal(symlink("/etc/passwd", to), 0);
    check_error(vif_records_read(folder->records, "web0", &back, &error), -ELOOP, &error,
                "cannot read the record of \"web0\"");
    vif_record_clear(&record);
}

static void a_name_is_no_path(void **state)
{
    struct folder *folder = *state;
    struct vif_record record;
    char *error = NULL;

    check_error(vif_records_read(folder->records, "../lock", &record, &error), -EINVAL, &error,
                "'/'");
    check_error(vif_records_read(folder->records, "", &record, &error), -EINVAL, &error, "empty");
}

static void an_owner_lives_until_its_end(void **state)
{
    struct vif_record record = {0};

    (void)state;
    assert_false(vif_record_owner_lives(&record));
    vif_record_set_owner(&record);
    assert_int_equal(record.pid, getpid());
    assert_true(vif_record_owner_lives(&record));

    /* The pid was given to another process meanwhile. */
    record.pid_start--;
    assert_false(vif_record_owner_lives(&record));
    record.pid_start = 0;
    assert_false(vif_record_owner_lives(&record));

    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        pause();
        _exit(0);
    }
    auto_free char *path = str_printf("/proc/%ld/stat", (long)child);
    char stat[1024] = "";
    FILE *file = fopen(path, "r");
    unsigned long long start = 0;

    assert_non_null(file);
    assert_non_null(fgets(stat, sizeof stat, file));
    fclose(file);
    assert_int_equal(sscanf(strrchr(stat, ')') + 2,
                            "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
                            "%*s %*s %llu",
                            &start),
                     1);
    record.pid = child;
    record.pid_start = start;
    assert_true(vif_record_owner_lives(&record));
    assert_int_equal(kill(child, SIGKILL), 0);
    /* It has ended, whether its parent has taken note of that or not. */
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    assert_false(vif_record_owner_lives(&record));
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_false(vif_record_owner_lives(&record));
}

static void an_owner_is_not_dead_for_want_of_descriptors(void **state)
{
    struct vif_record record = {0};
    struct rlimit limit;

    (void)state;
    vif_record_set_owner(&record);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    struct rlimit few = {.rlim_cur = 0, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    bool lives = vif_record_owner_lives(&record);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(lives);
}

/* Whether another process could have the user's lock now. */
static bool is_free(const struct folder *folder, uid_t user)
{
    auto_free char *lock = str_printf("%s/lock", folder->rundir);
    struct flock byte = {.l_type = F_WRLCK, .l_start = user, .l_len = 1};
    auto_close int fd = open(lock, O_RDWR | O_CLOEXEC);

    assert_true(fd >= 0);
    return fcntl(fd, F_OFD_SETLK, &byte) == 0;
}

static void users_have_a_lock_each(void **state)
{
    struct folder *folder = *state;
    struct vif_record record = make_record("web0");
    char *error = NULL;
    int fd = vif_records_lock_user(folder->records, 4294967294U, &error);
    int other = vif_records_lock_user(folder->records, 1001, &error);

    assert_true(fd >= 0 && other >= 0);
    assert_false(is_free(folder, 4294967294U));
    assert_false(is_free(folder, 1001));
    assert_true(is_free(folder, 1002));
    close(fd);
    assert_true(is_free(folder, 4294967294U));

    /* A claim is another lock. */
    create(folder, &record);
    vif_record_clear(&record);
    check_ok(vif_records_claim(folder->records, "web0", NULL, &record, &error), &error);
    vif_record_clear(&record);
    close(other);
}

static void what_a_live_process_works_on_cannot_be_claimed(void **state)
{
    struct folder *folder = *state;
    struct vif_record record = make_record("web0");
    struct vif_record claimed;
    char *error = NULL;

    /* The parent lives, and is not us. */
    vif_record_set_owner(&record);
    create(folder, &record);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int result = vif_records_claim(folder->records, "web0", NULL, &claimed, &error);

        _exit(result == -EBUSY && error && strstr(error, "is plugging \"web0\"") ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);

    /* A dead one's is free for everyone who means it, and not another of that name. */
    record.pid_start--;
    check_ok(vif_records_write(folder->records, &record, &error), &error);
    assert_int_equal(vif_records_claim(folder->records, "web0", ID_OF_ANOTHER, &claimed, &error),
                     -ENOENT);
    assert_null(error);
    check_ok(vif_records_claim(folder->records, "web0", PLUG_ID, &claimed, &error), &error);
    assert_int_equal(claimed.state, VIF_UNPLUGGING);
    assert_int_equal(claimed.pid, getpid());
    vif_record_clear(&claimed);
    check_ok(vif_records_read(folder->records, "web0", &claimed, &error), &error);
    assert_int_equal(claimed.state, VIF_UNPLUGGING);
    vif_record_clear(&claimed);
    vif_record_clear(&record);
}

/* Claims each of 20 records as soon as it is let go; returns how many it got, for its exit status.
 * It must live on until the others have tried, since a dead one's claim is void. */
static int claim_all(const struct folder *folder, int start_fd, int done_fd)
{
    struct vif_records *records;
    char byte;
    int n = 0;

    if (vif_records_open(folder->rundir, &records, NULL) || read(start_fd, &byte, 1) != 0) {
        return 255;
    }
    for (int i = 0; i < 20; i++) {
        auto_free char *name = str_printf("web%d", i);
        auto_free char *error = NULL;
        struct vif_record record;
        int result = vif_records_claim(records, name, NULL, &record, &error);

        if (!result) {
            vif_record_clear(&record);
            n++;
        } else if (result != -EBUSY) {
            return 255;
        }
    }
    vif_records_close(records);
    close(done_fd);
    return n;
}

static void of_many_claims_one_wins(void **state)
{
    enum { CHILDREN = 8, RECORDS = 20 };
    struct folder *folder = *state;
    pid_t children[CHILDREN];
    int start[2];
    int done[2];
    int hold[2];
    int total = 0;
    char byte;

    for (int i = 0; i < RECORDS; i++) {
        auto_free char *name = str_printf("web%d", i);
        struct vif_record record = make_record(name);

        record.state = VIF_PLUGGED;
        create(folder, &record);
        vif_record_clear(&record);
    }
    /* Closing the other end of a pipe lets all who read from it go at once. */
    assert_int_equal(pipe2(start, O_CLOEXEC), 0);
    assert_int_equal(pipe2(done, O_CLOEXEC), 0);
    assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
    for (int i = 0; i < CHILDREN; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            close(start[1]);
            close(done[0]);
            close(hold[1]);
            int n = claim_all(folder, start[0], done[1]);

            _exit(read(hold[0], &byte, 1) == 0 ? n : 255);
        }
    }
    close(start[0]);
    close(start[1]);
    close(done[1]);
    close(hold[0]);
    assert_int_equal(read(done[0], &byte, 1), 0);
    close(hold[1]);
    close(done[0]);
    for (int i = 0; i < CHILDREN; i++) {
        int status = -1;

        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        assert_int_not_equal(WEXITSTATUS(status), 255);
        total += WEXITSTATUS(status);
    }
    assert_int_equal(total, RECORDS);
    assert_int_equal(count_files(folder), RECORDS);
}

#define test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(no_folder_is_no_records),
        test(a_record_comes_back),
        test(creation_is_exclusive_and_all_or_none),
        test(a_folder_that_cannot_be_made_is_named),
        test(all_records_are_read_sorted),
        test(records_of_a_domain_are_found),
        test(records_that_are_being_plugged_are_found),
        test(garbage_is_named),
        test(a_name_is_no_path),
        cmocka_unit_test(an_owner_lives_until_its_end),
        cmocka_unit_test(an_owner_is_not_dead_for_want_of_descriptors),
        test(users_have_a_lock_each),
        test(what_a_live_process_works_on_cannot_be_claimed),
        test(of_many_claims_one_wins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
