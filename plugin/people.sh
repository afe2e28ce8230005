#!/bin/sh
# Makes the second of the two example people of docker-compose.yml, since Grafana
# provisions none: jane, a customer success manager. The first, an operator, is
# Grafana's own admin. It does nothing where jane is there already.
until wget -qO- http://127.0.0.1:3000/api/health >/dev/null 2>&1; do
	sleep 1
done
authorization=$(printf '%s' "admin:$GF_SECURITY_ADMIN_PASSWORD" | base64)
wget -qO- --header "Authorization: Basic $authorization" --header 'Content-Type: application/json' \
	--post-data "{\"name\":\"Jane\",\"login\":\"jane\",\"email\":\"jane@example.com\",\"password\":\"$USAGE_CSM_PASSWORD\"}" \
	http://127.0.0.1:3000/api/admin/users >/dev/null 2>&1 || true
