import { Warning16Filled } from "@fluentui/react-icons/svg/warning";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useRouterState } from "@tanstack/react-router";
import { backupQuery, endpointsQuery } from "../api/queries.ts";
import { useEndpointName } from "../shared/endpoint.ts";
import { useKeys } from "../shared/keys.ts";
import { storageWords } from "../storage/storage-words.ts";
import styles from "./navigation.module.css";
import { type Place, placesOf } from "./places.ts";

type NavigationProps = { readonly isOpen: boolean; readonly onClose: () => void };

/** The way to every view: at the side, or over the view on narrow screens. */
export function Navigation({ isOpen, onClose }: NavigationProps) {
  const endpoint = useEndpointName();
  const { data: endpoints } = useQuery(endpointsQuery);
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const navigate = useNavigate();
  const isAtRisk = useStorageAtRisk();
  const places = placesOf(endpoint);
  const counts = endpoints?.find(({ name }) => name === endpoint)?.resources ?? {};
  useKeys(Object.fromEntries(places.map(({ key, path: to }) => [`g ${key}`, () => void navigate({ to })])));
  return (
    <>
      {isOpen && (
        <button type="button" className={styles.backdrop} aria-label="Close the navigation" onClick={onClose} />
      )}
      <nav className={`${styles.nav} ${isOpen ? styles.open : ""}`} aria-label="Main">
        {places.map((place) => (
          <NavigationLink
            key={place.name}
            place={place}
            needsAttention={place.name === "Storage" && isAtRisk}
            isCurrent={isAt(path, place)}
            count={counts[place.type ?? ""]}
          />
        ))}
      </nav>
    </>
  );
}

type NavigationLinkProps = {
  readonly needsAttention: boolean;
  readonly place: Place;
  readonly isCurrent: boolean;
  readonly count: number | undefined;
};

function NavigationLink({ place: { name, path, icon: Icon }, isCurrent, count, needsAttention }: NavigationLinkProps) {
  return (
    <Link
      to={path}
      activeOptions={{ exact: true }}
      className={styles.link}
      aria-current={isCurrent ? "page" : undefined}
      title={name}
    >
      <Icon className={styles.icon} />
      <span className={styles.name}>{name}</span>
      {needsAttention && <Warning16Filled className={styles.attention} aria-label="Needs attention" />}
      {count !== undefined && (
        <span className={styles.count} aria-hidden="true">
          {new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(count)}
        </span>
      )}
    </Link>
  );
}

/** Whether the backup fails or lags. */
function useStorageAtRisk(): boolean {
  const { data } = useQuery(backupQuery);
  return data !== undefined && "mode" in data && ["warning", "error"].includes(storageWords(data).intent);
}

/** A page below the place belongs to it. */
function isAt(path: string, place: Place): boolean {
  if (place.path === "/") return path === "/";
  if (place.name === "Endpoints") return /^\/endpoints(?:-comparison|\/[^/]+(?:\/connect)?)?$/.test(path);
  return path === place.path || path.startsWith(`${place.path}/`);
}
