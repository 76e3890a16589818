/* libvirt/take.h, with a libvirt that tells what it is told to: what a guest that refuses does, and
 * a libvirt that does not get done, which real ones cannot be made to. With a real one:
 * tests/libvirt/detach.sh. */
#include "libvirt/take.h"

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "support/test.h"

static const char *const both[] = {"a", "b"};

/* The libvirt. */
static const char
    *news[8]; /* one at a time: "left net0", "gone net1", "refused net0"; "" is none */
static size_t next;
static int64_t loses_a_at; /* without a word */
static bool has_a, has_b, has_downscript;
static libvirt_news_fn *listener;
static void *listener_data;
static int64_t now;
static char log_text[200];

static void note(const char *what, const char *which)
{
    size_t length = strlen(log_text);

    snprintf(log_text + length, sizeof log_text - length, "%s%s%s", length ? ", " : "", what,
             which);
}

static char *interface(const char *name, const char *alias)
{
    return str_printf("<interface type='ethernet'><target dev='%s' managed='no'/>%s"
                      "<alias name='%s'/></interface>",
                      name, has_downscript ? "<downscript path='/down'/>" : "", alias);
}

int __wrap_libvirt_guest_xml(struct libvirt_guest *guest, char **xml, char **errorp);
int __wrap_libvirt_guest_xml(struct libvirt_guest *guest, char **xml, char **errorp)
{
    auto_free char *a = has_a && now < loses_a_at ? interface("a", "net0") : str_dup("");
    auto_free char *b = has_b ? interface("b", "net1") : str_dup("");

    (void)guest;
    (void)errorp;
    *xml = str_printf("<domain><name>one</name><devices>%s%s</devices></domain>", a, b);
    return 0;
}

int __wrap_libvirt_guest_detach(struct libvirt_guest *guest, const char *alias, const char *xml,
                                char **errorp);
int __wrap_libvirt_guest_detach(struct libvirt_guest *guest, const char *alias, const char *xml,
                                char **errorp)
{
    (void)guest;
    (void)errorp;
    assert_non_null(strstr(xml, alias));
    note("ask ", alias);
    return 0;
}

bool __wrap_libvirt_guest_listen(struct libvirt_guest *guest, libvirt_news_fn *call, void *data);
bool __wrap_libvirt_guest_listen(struct libvirt_guest *guest, libvirt_news_fn *call, void *data)
{
    (void)guest;
    listener = call;
    listener_data = data;
    return true;
}

bool __wrap_libvirt_guest_hear(struct libvirt_guest *guest, int ms);
bool __wrap_libvirt_guest_hear(struct libvirt_guest *guest, int ms)
{
    const char *one = next < ARRAY_LEN(news) && news[next] ? news[next++] : "";
    const char *alias = strchr(one, ' ');

    (void)guest;
    if (!alias) {
        now += ms;
        return false;
    }
    note(one, "");
    listener(listener_data, alias + 1,
             one[0] == 'l'   ? LIBVIRT_LEFT
             : one[0] == 'g' ? LIBVIRT_GONE
                             : LIBVIRT_REFUSED);
    return true;
}

int64_t __wrap_clock_ms(void);
int64_t __wrap_clock_ms(void)
{
    return now;
}

static void on_left(void *data)
{
    (void)data;
    note("unplug", "");
}

static int take(const char *const *names, size_t n, char **errorp)
{
    const struct libvirt_left left = {on_left, NULL};
    struct vif_document domain;
    auto_free char *xml = NULL;

    __wrap_libvirt_guest_xml(NULL, &xml, NULL);
    check_ok(vif_document_parse("libvirt", xml, strlen(xml), &domain, errorp), errorp);
    int error = libvirt_take(NULL, &domain, names, n, &left, errorp);

    vif_document_clear(&domain);
    return error;
}

static int set_up(void **state)
{
    (void)state;
    memset(news, 0, sizeof news);
    next = 0;
    has_downscript = false;
    loses_a_at = INT64_MAX;
    has_a = has_b = true;
    log_text[0] = '\0';
    return 0;
}

static void says_when_the_guest_has_let_go(void **state)
{
    char *error = NULL;

    (void)state;
    news[0] = "";
    news[1] = "left net0";
    news[2] = "gone net0";
    check_ok(take(both, 1, &error), &error);
    assert_string_equal(log_text, "ask net0, left net0, unplug, gone net0");
}

static void waits_for_all_of_them(void **state)
{
    char *error = NULL;

    (void)state;
    news[0] = "left net1";
    news[1] = "gone net1";
    news[2] = "left net0";
    news[3] = "gone net0";
    check_ok(take(both, 2, &error), &error);
    assert_string_equal(log_text,
                        "ask net0, ask net1, left net1, gone net1, left net0, unplug, gone net0");
}

static void hears_nothing_of_others(void **state)
{
    char *error = NULL;

    (void)state;
    news[0] = "left net1";
    news[1] = "refused net1";
    news[2] = "gone net1";
    check_error(take(both, 1, &error), -ETIME, &error, "so it stays plugged");
    assert_string_equal(log_text, "ask net0, left net1, refused net1, gone net1");
}

static void says_that_libvirt_does_not_get_done(void **state)
{
    char *error = NULL;

    (void)state;
    news[0] = "left net0";
    check_error(take(both, 1, &error), -ETIME, &error,
                "so it is unplugged, but libvirt does not get done with it");
    assert_string_equal(log_text, "ask net0, left net0, unplug");
}

/* Events can be lost. */
static void looks_where_nothing_is_told(void **state)
{
    char *error = NULL;

    (void)state;
    loses_a_at = now + 3000;
    check_ok(take(both, 1, &error), &error);
    assert_string_equal(log_text, "ask net0");
    assert_in_range(now, loses_a_at, loses_a_at + 1000);
}

static void leaves_the_device_to_a_downscript(void **state)
{
    char *error = NULL;

    (void)state;
    has_downscript = true;
    news[0] = "left net0";
    news[1] = "gone net0";
    check_ok(take(both, 1, &error), &error);
    assert_string_equal(log_text, "ask net0, left net0, gone net0");
}

static void knows_a_guest_that_refuses(void **state)
{
    char *error = NULL;

    (void)state;
    news[0] = "refused net1";
    check_error(take(both, 2, &error), -EBUSY, &error, "\"b\": the guest refuses to let go of it");
    assert_string_equal(log_text, "ask net0, ask net1, refused net1");
}

static void asks_for_nothing_that_the_guest_lacks(void **state)
{
    char *error = NULL;

    (void)state;
    has_a = has_b = false;
    check_ok(take(both, 2, &error), &error);
    assert_string_equal(log_text, "");
}

int main(void)
{
#define test(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        test(says_when_the_guest_has_let_go), test(waits_for_all_of_them),
        test(hears_nothing_of_others),        test(says_that_libvirt_does_not_get_done),
        test(looks_where_nothing_is_told),    test(leaves_the_device_to_a_downscript),
        test(knows_a_guest_that_refuses),     test(asks_for_nothing_that_the_guest_lacks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
