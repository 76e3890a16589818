/* The operations of a transaction as text for people and for tests. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "base/mem.h"
#include "openvswitch/json.h"
#include "ovs/port-ops.h"
#include "ovs/txn.h"
#include "ovs/value.h"

/* The members of an operation in the order of reading; JSON knows none. */
static const char *const member_order[] = {"op",    "table",     "where",   "columns",
                                           "until", "rows",      "timeout", "uuid-name",
                                           "row",   "mutations", "comment"};

static char *describe_op(const struct json *op)
{
    char *text = NULL;

    for (size_t i = 0; i < ARRAY_LEN(member_order); i++) {
        const struct json *member = object_get(op, member_order[i]);

        if (member) {
            auto_free char *value = json_to_string(member, JSSF_SORT);
            auto_free char *old = text;

            text = str_printf("%s%s\"%s\": %s", old ? old : "", old ? ", " : "", member_order[i],
                              value);
        }
    }
    return text ? text : str_dup("");
}

/* One operation a line: what belongs together stays together, and is not far from the rest. */
static char *describe_lines(const struct json *ops)
{
    char **lines = mem_zalloc(txn_length(ops) * sizeof *lines);
    size_t size = sizeof "[\n]";

    for (size_t i = 0; i < txn_length(ops); i++) {
        auto_free char *op = describe_op(array_at(ops, i));

        lines[i] = str_printf("  {%s}%s\n", op, i + 1 < txn_length(ops) ? "," : "");
        size += strlen(lines[i]);
    }
    char *text = mem_zalloc(size);
    char *end = stpcpy(text, "[\n");

    for (size_t i = 0; i < txn_length(ops); i++) {
        end = stpcpy(end, lines[i]);
        free(lines[i]);
    }
    stpcpy(end, "]");
    free(lines);
    return text;
}

char *ovs_ports_describe(const struct ovs_port *ports, size_t n, const char *plug_id,
                         const char *caller, bool pretty)
{
    struct json *ops = port_ops_add(ports, n, plug_id, caller, NULL);
    char *text = pretty ? describe_lines(ops) : json_to_string(ops, JSSF_SORT);

    json_destroy(ops);
    return text;
}
