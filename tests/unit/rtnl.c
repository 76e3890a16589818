/* What the kernel may answer and hardly ever does: netdev/link.h over a netlink socket whose
 * answers are made up here, through the linker's --wrap of nl_send_auto() and nl_recv(). */
#include "support/test.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdbool.h>

#include "base/mem.h"
#include "netdev/link.h"
#include "netdev/rtnl.h"

/* Visible, since libnl calls these functions itself too. */
#define WRAPPED __attribute__((visibility("default")))
WRAPPED int __wrap_nl_send_auto(struct nl_sock *socket, struct nl_msg *message);
WRAPPED int __wrap_nl_recv(struct nl_sock *socket, struct sockaddr_nl *from, unsigned char **buffer,
                           struct ucred **credentials);

/* The datagrams to come, each of one message. */
static struct {
    struct nl_msg *messages[300];
    uint32_t senders[300];
    int n;
    int next;
    int requests;
    bool refill; /* begin again with the first one at the next request */
} answers;

int __wrap_nl_send_auto(struct nl_sock *socket, struct nl_msg *message)
{
    (void)socket;
    nlmsg_hdr(message)->nlmsg_seq = (uint32_t)++answers.requests;
    if (answers.refill) {
        answers.next = 0;
    }
    return 1;
}

int __wrap_nl_recv(struct nl_sock *socket, struct sockaddr_nl *from, unsigned char **buffer,
                   struct ucred **credentials)
{
    (void)socket;
    (void)credentials;
    if (answers.next == answers.n) {
        return -NLE_AGAIN;
    }
    struct nlmsghdr *header = nlmsg_hdr(answers.messages[answers.next]);

    *from = (struct sockaddr_nl){.nl_family = AF_NETLINK,
                                 .nl_pid = answers.senders[answers.next++]};
    if (header->nlmsg_seq == 0) {
        header->nlmsg_seq = (uint32_t)answers.requests;
    }
    *buffer = mem_zalloc(header->nlmsg_len);
    memcpy(*buffer, header, header->nlmsg_len);
    if (answers.refill) {
        header->nlmsg_seq = 0;
    }
    return (int)header->nlmsg_len;
}

static struct nl_msg *will_answer(int type, int flags)
{
    struct nl_msg *message = nlmsg_alloc_simple(type, flags);

    assert_true(answers.n < (int)ARRAY_LEN(answers.messages));
    answers.messages[answers.n++] = message;
    return message;
}

static void will_answer_link(const char *name, int flags)
{
    struct ifinfomsg header = {.ifi_index = 7};
    struct nl_msg *message = will_answer(RTM_NEWLINK, flags);

    nlmsg_append(message, &header, sizeof header, NLMSG_ALIGNTO);
    nla_put_string(message, IFLA_IFNAME, name);
}

static void will_answer_done(int flags, int error)
{
    nlmsg_append(will_answer(NLMSG_DONE, flags), &error, sizeof error, NLMSG_ALIGNTO);
}

static struct nl_msg *will_answer_error(int flags, int err)
{
    struct nlmsgerr error = {.error = -err, .msg.nlmsg_len = sizeof(struct nlmsghdr)};
    struct nl_msg *message = will_answer(NLMSG_ERROR, flags);

    nlmsg_append(message, &error, sizeof error, NLMSG_ALIGNTO);
    return message;
}

static int setup(void **state)
{
    struct rtnl *rtnl = NULL;

    memset(&answers, 0, sizeof answers);
    assert_int_equal(rtnl_open(&rtnl, NULL), 0);
    *state = rtnl;
    return 0;
}

static int teardown(void **state)
{
    for (int i = 0; i < answers.n; i++) {
        nlmsg_free(answers.messages[i]);
    }
    rtnl_close(*state);
    return 0;
}

static void an_interrupted_dump_is_begun_anew(void **state)
{
    struct link_info *links = NULL;
    size_t n = 0;
    char *error = NULL;

    will_answer_link("old0", NLM_F_MULTI);
    will_answer_link("old1", NLM_F_MULTI | NLM_F_DUMP_INTR);
    will_answer_done(NLM_F_MULTI, 0);
    will_answer_link("old0", NLM_F_MULTI);
    will_answer_done(NLM_F_MULTI | NLM_F_DUMP_INTR, 0); /* in the last message only */
    will_answer_link("new0", NLM_F_MULTI);
    will_answer_link("new1", NLM_F_MULTI);
    will_answer_done(NLM_F_MULTI, 0);
    check_ok(link_list(*state, &links, &n, &error), &error);
    assert_int_equal(answers.requests, 3);
    assert_int_equal(n, 2);
    assert_string_equal(links[0].name, "new0");
    assert_string_equal(links[1].name, "new1");
    free(links);
}

static void a_dump_that_never_succeeds_ends(void **state)
{
    struct link_info *links = NULL;
    size_t n = 0;
    char *error = NULL;

    answers.refill = true;
    will_answer_link("old0", NLM_F_MULTI | NLM_F_DUMP_INTR);
    will_answer_done(NLM_F_MULTI, 0);
    check_error(link_list(*state, &links, &n, &error), -EAGAIN, &error,
                "changed during each of 100 attempts");
    assert_null(links);
}

static void a_dump_that_breaks_off_is_an_error(void **state)
{
    struct link_info *links = NULL;
    size_t n = 0;
    char *error = NULL;

    will_answer_link("old0", NLM_F_MULTI);
    will_answer_done(NLM_F_MULTI, -ENOMEM);
    check_error(link_list(*state, &links, &n, &error), -ENOMEM, &error,
                "cannot list the links: Cannot allocate memory");
    assert_null(links);
}

static void the_kernels_words_are_passed_on(void **state)
{
    struct link_info info;
    char *error = NULL;

    nla_put_string(will_answer_error(NLM_F_ACK_TLVS | NLM_F_CAPPED, EBUSY), NLMSGERR_ATTR_MSG,
                   "no luck today");
    check_error(link_get(*state, "web0", &info, &error), -EBUSY, &error,
                "cannot read link \"web0\": Device or resource busy (no luck today)");
}

static void words_are_found_behind_a_copy_of_the_request(void **state)
{
    struct link_info info;
    char *error = NULL;
    struct nlmsgerr header = {.error = -EBUSY, .msg.nlmsg_len = sizeof(struct nlmsghdr) + 10};
    struct nl_msg *message = will_answer(NLMSG_ERROR, NLM_F_ACK_TLVS);
    char copied[10] = "request";

    nlmsg_append(message, &header, sizeof header, NLMSG_ALIGNTO);
    nlmsg_append(message, copied, sizeof copied, NLMSG_ALIGNTO);
    nla_put_string(message, NLMSGERR_ATTR_MSG, "no luck today");
    check_error(link_get(*state, "web0", &info, &error), -EBUSY, &error, "(no luck today)");
}

static void malformed_words_are_left_out(void **state)
{
    struct link_info info;
    char *error = NULL;

    /* No NUL at its end. */
    nla_put(will_answer_error(NLM_F_ACK_TLVS | NLM_F_CAPPED, EBUSY), NLMSGERR_ATTR_MSG, 4, "oops");
    check_error(link_get(*state, "web0", &info, &error), -EBUSY, &error, "resource busy");

    /* A copy of the request that is longer than the message. */
    struct nlmsgerr header = {.error = -EBUSY, .msg.nlmsg_len = 4000};

    nlmsg_append(will_answer(NLMSG_ERROR, NLM_F_ACK_TLVS), &header, sizeof header, NLMSG_ALIGNTO);
    check_error(link_get(*state, "web0", &info, &error), -EBUSY, &error, "resource busy");

    will_answer(NLMSG_ERROR, 0);
    check_error(link_get(*state, "web0", &info, &error), -EPROTO, &error, "truncated answer");
}

static void answers_of_others_and_late_ones_are_ignored(void **state)
{
    struct link_info info;
    char *error = NULL;

    will_answer_link("forged", 0);
    answers.senders[0] = 4711;
    will_answer_link("late", 0);
    nlmsg_hdr(answers.messages[1])->nlmsg_seq = 99;
    will_answer_link("web0", 0);
    will_answer_error(0, 0);
    check_ok(link_get(*state, "web0", &info, &error), &error);
    assert_string_equal(info.name, "web0");
}

static void silence_is_an_error(void **state)
{
    struct link_info info;
    char *error = NULL;

    check_error(link_get(*state, "web0", &info, &error), -EAGAIN, &error,
                "cannot read the kernel's answer");
    will_answer_error(0, 0);
    check_error(link_get(*state, "web0", &info, &error), -EPROTO, &error, "holds no link");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_interrupted_dump_is_begun_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(a_dump_that_never_succeeds_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(a_dump_that_breaks_off_is_an_error, setup, teardown),
        cmocka_unit_test_setup_teardown(the_kernels_words_are_passed_on, setup, teardown),
        cmocka_unit_test_setup_teardown(words_are_found_behind_a_copy_of_the_request, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(malformed_words_are_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(answers_of_others_and_late_ones_are_ignored, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(silence_is_an_error, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
