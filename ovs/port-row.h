/* The rows that make up one port, read into struct ovs_port_row. */
#ifndef OVS_PORT_ROW_H
#define OVS_PORT_ROW_H

#include "ovs/port.h"

struct json;

/* Any but `port` may be NULL. */
struct port_rows {
    const struct json *bridge;
    const struct json *port;
    const struct json *interface;
    const struct json *qos;
    const struct json *queue; /* Queue 0 of `qos` */
};

void port_row_read(struct ovs_port_row *described, const struct port_rows *rows);

/* The uuid of Queue 0 of a QoS row, or NULL. */
const char *port_row_queue(const struct json *qos);

#endif
