import { Warning16Filled } from "@fluentui/react-icons/svg/warning";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useRouterState } from "@tanstack/react-router";
import { backupQuery } from "../api/queries.ts";
import { useKeys } from "../shared/keys.ts";
import { storageWords } from "../storage/storage-words.ts";
import styles from "./navigation.module.css";
import { type Place, usePlaces } from "./places.ts";

type NavigationProps = { readonly isOpen: boolean; readonly onClose: () => void };

/** The way to every view: at the side, or over the view on narrow screens. */
export function Navigation({ isOpen, onClose }: NavigationProps) {
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const navigate = useNavigate();
  const isAtRisk = useStorageAtRisk();
  const places = usePlaces();
  const keys = places.flatMap(({ key, path: to }) => (key === undefined ? [] : [[`g ${key}`, () => navigate({ to })]]));
  useKeys(Object.fromEntries(keys));
  return (
    <>
      {isOpen && (
        <button type="button" className={styles.backdrop} aria-label="Close the navigation" onClick={onClose} />
      )}
      <nav className={`${styles.nav} ${isOpen ? styles.open : ""}`} aria-label="Main">
        {places.map((place) => (
          <NavigationLink
            key={place.path}
            place={place}
            needsAttention={place.name === "Storage" && isAtRisk}
            isCurrent={isAt(path, place)}
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
};

function NavigationLink({ place: { name, path, icon: Icon, count }, isCurrent, needsAttention }: NavigationLinkProps) {
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
