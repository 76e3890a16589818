/* vif/script.h: what limit of descriptors a script has. */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/nofile.h"
#include "support/test.h"
#include "vif/script.h"

static rlim_t limit_now(void)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    return limit.rlim_cur;
}

static void a_script_has_the_limit_that_we_had(void **state)
{
    const struct rlimit low = {.rlim_cur = 100, .rlim_max = 200};
    char path[] = "/tmp/vifplug-script.XXXXXX";
    char *error = NULL;
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_true(dprintf(fd, "#!/bin/sh\n[ \"$(ulimit -Sn)\" = \"$1\" ]\n") > 0);
    assert_int_equal(fchmod(fd, 0700), 0);
    close(fd);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    nofile_raise();
    assert_int_equal(limit_now(), 200);
    int failure = vif_script_run(path, "100", &error);
    unlink(path);
    check_ok(failure, &error);
    assert_int_equal(limit_now(), 200);
    assert_true(nofile_restore());
    assert_int_equal(limit_now(), 100);
    assert_false(nofile_restore());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_script_has_the_limit_that_we_had),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
