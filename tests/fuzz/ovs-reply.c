/* What an OVSDB server may reply to a transaction that reads ports, and anything but that. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "base/mem.h"
#include "fuzz/fuzz.h"
#include "openvswitch/json.h"
#include "ovs/picture.h"
#include "ovs/txn.h"
#include "ovs/value.h"

/* Operations that a reply of at least one result each could belong to. */
static struct json *some_operations(void)
{
    struct json *ops = txn_new();

    picture_ask_ports(ops);
    picture_ask_surroundings(ops);
    picture_ask_name(ops, "vif0");
    return ops;
}

static void look_at_results(const struct json *reply)
{
    struct txn_refusal refusal = {0};

    txn_find_refusal(reply, &refusal);
    txn_refusal_clear(&refusal);
    for (size_t i = 0; i <= array_length(reply); i++) {
        char uuid[UUID_SIZE];

        uuid_copy(uuid, txn_inserted(reply, i));
        row_integer(array_at(txn_rows(reply, i), 0), "ofport", -1);
        row_text(array_at(txn_rows(reply, i), 0), "error");
    }
}

static void describe(struct json *reply)
{
    static const char *const names[] = {"vif0", "slave0"};
    struct picture *picture = picture_new();
    struct json *ops = some_operations();
    struct ovs_port_row *rows = NULL;
    size_t n = 0;

    for (int step = 0; step < 3; step++) {
        picture_add(picture, ops, json_clone(reply));
        ops = txn_new();
        picture_ask_missing(picture, ops);
    }
    json_destroy(ops);
    picture_describe(picture, names, ARRAY_LEN(names), &rows, &n);
    ovs_port_rows_free(rows, n);
    picture_describe(picture, NULL, 0, &rows, &n);
    for (size_t i = 0; i < n; i++) {
        ovs_port_matches(&rows[0].port, &rows[i], NULL);
    }
    ovs_port_rows_free(rows, n);
    picture_free(picture);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_free char *text = mem_zalloc(size + 1);

    memcpy(text, data, size);
    struct json *reply = json_from_string(text);

    look_at_results(reply);
    describe(reply);
    json_destroy(reply);
    return 0;
}
