/* A picture of some ports: the rows around them, from several tables, and how they refer to each
 * other.
 *
 * OVSDB has no joins: a Port row names its interfaces and its QoS by uuid, and nothing in it says
 * which bridge has it. For few ports, one transaction after the other fetches what the rows so far
 * refer to; for many it costs less to fetch the tables as a whole, in one transaction.
 */
#ifndef OVS_PICTURE_H
#define OVS_PICTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "ovs/port.h"

struct json;
struct picture;

struct picture *picture_new(void);
void picture_free(struct picture *picture);

/* Adds selects of the Port and the Interface of that name. */
void picture_ask_name(struct json *ops, const char *name);

/* Adds a select of all Ports that have the owner mark. */
void picture_ask_owned(struct json *ops);

/* Adds selects of all Ports. */
void picture_ask_ports(struct json *ops);

/* Adds selects of all that ports refer to: whole tables. */
void picture_ask_surroundings(struct json *ops);

/* Adds selects of what the rows in the picture refer to, or are referred to by, as far as it was
 * not asked for yet. When it adds none the picture is complete. */
void picture_ask_missing(struct picture *picture, struct json *ops);

/* Takes in the reply to such operations. Takes ownership of both. */
void picture_add(struct picture *picture, struct json *ops, struct json *reply);

/* Describes the ports in the picture that have one of these names, or an interface of such a name;
 * all of them where `names` is NULL. Sorted by name; the caller frees with ovs_port_rows_free(). */
void picture_describe(const struct picture *picture, const char *const *names, size_t n_names,
                      struct ovs_port_row **rows, size_t *n_rows);

#endif
